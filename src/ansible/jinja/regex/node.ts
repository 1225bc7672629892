// A regular expression as a tree.

/** Whether a code point is one that a part of a pattern stands for. */
export type CharacterTest = (codePoint: number) => boolean;

/** A place in the text that an assertion asks for. */
export type PatternPlace = "start" | "end" | "lineStart" | "lineEnd" | "lastLineEnd" | "wordEdge" | "noWordEdge";

/** A part of a pattern. */
export type RegexNode =
  | { readonly kind: "character"; readonly test: CharacterTest }
  | { readonly kind: "parts"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "group"; readonly index: number; readonly body: RegexNode }
  | { readonly kind: "place"; readonly place: PatternPlace }
  | { readonly kind: "reference"; readonly index: number; readonly ignoreCase: boolean }
  | {
      readonly kind: "repeat";
      readonly body: RegexNode;
      readonly min: number;
      /** Infinity: as often as it goes. */
      readonly max: number;
      readonly lazy: boolean;
    }
  /** What follows, or stands before, is looked at and not taken. */
  | { readonly kind: "look"; readonly body: RegexNode; readonly behind: boolean; readonly negated: boolean }
  /** Taken the first way in which it matches, and no other. */
  | { readonly kind: "atomic"; readonly body: RegexNode };

/** A pattern, parsed. */
export interface ParsedRegex {
  readonly root: RegexNode;
  /** Groups, the whole match as number 0 included. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}
