// Code blocks and command lines of a page as a reader sees them.
import { expect, test } from "bun:test";
import { codeBlocks, commandLines } from "./document.ts";

const text = `# Page

\`\`\`sh install connected
# a comment
curl -fsS \\
  http://example/x | sh   # and a remark

kso fetch
\`\`\`

Words with \`\`\` inside.

   \`\`\`\`console
$ kso verify a.tar
whole
# another
$ kso config kubespray a.tar \\
    -o offline.yml
\`\`\`
   \`\`\`\`
\`\`\`
plain
\`\`\`
`;

test("blocks have their language, their marks and their line", () => {
  expect(codeBlocks(text).map(({ language, marks, line }) => [language, marks, line])).toEqual([
    ["sh", ["install", "connected"], 3],
    ["console", [], 13],
    ["", [], 21],
  ]);
  expect(codeBlocks(text, "install").map(({ line }) => line)).toEqual([3]);
  expect(codeBlocks(text)[2]?.text).toBe("plain\n");
  expect(() => codeBlocks("```sh\nkso fetch\n")).toThrow("The code block of line 1 does not end");
});

test("command lines are what a reader types, continued lines as one", () => {
  const [sh, console] = codeBlocks(text);
  expect(sh && commandLines(sh)).toEqual(["curl -fsS http://example/x | sh   # and a remark", "kso fetch"]);
  expect(console && commandLines(console)).toEqual(["kso verify a.tar", "kso config kubespray a.tar -o offline.yml"]);
});
