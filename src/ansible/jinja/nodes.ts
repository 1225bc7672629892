// The nodes of a parsed template, as @huggingface/jinja makes them. The package exports its parser, not its node types.

/** A token of a template. */
export interface Token {
  readonly value: string;
  readonly type: string;
}

/** A name, as in `foo`; filters and tests too. */
export interface Identifier {
  readonly type: "Identifier";
  readonly value: string;
}

/** `f(x)`. */
export interface CallExpression {
  readonly type: "CallExpression";
  readonly callee: TemplateNode;
  readonly args: readonly TemplateNode[];
}

/** Every node. */
export type TemplateNode =
  | Identifier
  | CallExpression
  | { readonly type: "Program"; readonly body: readonly TemplateNode[] }
  | { readonly type: "Comment" }
  | { readonly type: "Break" }
  | { readonly type: "Continue" }
  | IfStatement
  | ForStatement
  | SetStatement
  | MacroStatement
  | FilterStatement
  | { readonly type: "StringLiteral"; readonly value: string }
  | { readonly type: "IntegerLiteral" | "FloatLiteral"; readonly value: number }
  | { readonly type: "ArrayLiteral" | "TupleLiteral"; readonly value: readonly TemplateNode[] }
  | { readonly type: "ObjectLiteral"; readonly value: ReadonlyMap<TemplateNode, TemplateNode> }
  | MemberExpression
  | SliceExpression
  | BinaryExpression
  | FilterExpression
  | { readonly type: "SelectExpression"; readonly lhs: TemplateNode; readonly test: TemplateNode }
  | { readonly type: "UnaryExpression"; readonly operator: Token; readonly argument: TemplateNode }
  | { readonly type: "KeywordArgumentExpression"; readonly key: Identifier; readonly value: TemplateNode }
  | {
      readonly type: "Ternary";
      readonly condition: TemplateNode;
      readonly trueExpr: TemplateNode;
      readonly falseExpr: TemplateNode;
    };

/** `{% if … %}`. */
export interface IfStatement {
  readonly type: "If";
  readonly test: TemplateNode;
  readonly body: readonly TemplateNode[];
  readonly alternate: readonly TemplateNode[];
}

/** `{% for … %}`. */
export interface ForStatement {
  readonly type: "For";
  readonly loopvar: TemplateNode;
  readonly iterable: TemplateNode;
  readonly body: readonly TemplateNode[];
  readonly defaultBlock: readonly TemplateNode[];
}

/** `{% set … %}`. */
export interface SetStatement {
  readonly type: "Set";
  readonly assignee: TemplateNode;
  readonly value: TemplateNode | null;
  readonly body: readonly TemplateNode[];
}

/** `{% macro … %}`. */
export interface MacroStatement {
  readonly type: "Macro";
  readonly name: Identifier;
  readonly args: readonly TemplateNode[];
  readonly body: readonly TemplateNode[];
}

/** `{% filter … %}`. */
export interface FilterStatement {
  readonly type: "FilterStatement";
  readonly filter: TemplateNode;
  readonly body: readonly TemplateNode[];
}

/** `a.b`, `a[b]`. */
export interface MemberExpression {
  readonly type: "MemberExpression";
  readonly object: TemplateNode;
  readonly property: TemplateNode;
  /** `a[b]`, not `a.b`. */
  readonly computed: boolean;
}

/** `start:stop:step` in brackets. */
export interface SliceExpression {
  readonly type: "SliceExpression";
  readonly start?: TemplateNode | undefined;
  readonly stop?: TemplateNode | undefined;
  readonly step?: TemplateNode | undefined;
}

/** `a + b`. */
export interface BinaryExpression {
  readonly type: "BinaryExpression";
  readonly operator: Token;
  readonly left: TemplateNode;
  readonly right: TemplateNode;
}

/** `x | filter`. */
export interface FilterExpression {
  readonly type: "FilterExpression";
  readonly operand: TemplateNode;
  /** The name, alone or with arguments; the grammar lets an index or an attribute follow, which Jinja does not. */
  readonly filter: TemplateNode;
}
