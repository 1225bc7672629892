// Goes through the text of a pattern.
import { invalid } from "../failure.ts";

/** A place in a pattern. */
export interface PatternReader {
  readonly atEnd: boolean;
  /** The character here, which stays; empty at the end. */
  readonly next: string;
  /** Takes the character here. @throws TemplateFailure at the end. */
  read(): string;
  /** Takes this character, where it is here. */
  take(character: string): boolean;
  /** Takes what a sticky expression matches here. */
  match(sticky: RegExp): RegExpExecArray | null;
  /** @throws TemplateFailure that names the pattern and the reason. */
  fault(reason: string): never;
}

/** A reader at the start of a pattern. */
export function readerOf(source: string): PatternReader {
  let position = 0;
  const fault = (reason: string): never => invalid(`"${source}" is no regular expression: ${reason}`);
  const here = (): string => String.fromCodePoint(source.codePointAt(position) ?? 0);
  return {
    get atEnd() {
      return position >= source.length;
    },
    get next() {
      return position >= source.length ? "" : here();
    },
    read() {
      if (position >= source.length) return fault("it ends too early");
      const character = here();
      position += character.length;
      return character;
    },
    take(character) {
      if (!source.startsWith(character, position)) return false;
      position += character.length;
      return true;
    },
    match(sticky) {
      sticky.lastIndex = position;
      const found = sticky.exec(source);
      if (found) position += found[0].length;
      return found;
    },
    fault,
  };
}
