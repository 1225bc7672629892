// The nodes of a parsed template, as @huggingface/jinja makes them. The package exports its parser, not its node types.

export interface Token {
  readonly value: string;
  readonly type: string;
}

/** A name, as in `foo`; filters and tests too. */
export interface Identifier {
  readonly type: "Identifier";
  readonly value: string;
}

export interface Call {
  readonly type: "CallExpression";
  readonly callee: Node;
  readonly args: readonly Node[];
}

export type Node =
  | Identifier
  | Call
  | { readonly type: "Program"; readonly body: readonly Node[] }
  | { readonly type: "Comment" }
  | { readonly type: "Break" }
  | { readonly type: "Continue" }
  | If
  | For
  | SetNode
  | { readonly type: "StringLiteral"; readonly value: string }
  | { readonly type: "IntegerLiteral" | "FloatLiteral"; readonly value: number }
  | { readonly type: "ArrayLiteral" | "TupleLiteral"; readonly value: readonly Node[] }
  | { readonly type: "ObjectLiteral"; readonly value: ReadonlyMap<Node, Node> }
  | Member
  | Slice
  | Binary
  | Filter
  | { readonly type: "SelectExpression"; readonly lhs: Node; readonly test: Node }
  | { readonly type: "UnaryExpression"; readonly operator: Token; readonly argument: Node }
  | { readonly type: "KeywordArgumentExpression"; readonly key: Identifier; readonly value: Node }
  | { readonly type: "Ternary"; readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node };

export interface If {
  readonly type: "If";
  readonly test: Node;
  readonly body: readonly Node[];
  readonly alternate: readonly Node[];
}

export interface For {
  readonly type: "For";
  readonly loopvar: Node;
  readonly iterable: Node;
  readonly body: readonly Node[];
  readonly defaultBlock: readonly Node[];
}

export interface SetNode {
  readonly type: "Set";
  readonly assignee: Node;
  readonly value: Node | null;
  readonly body: readonly Node[];
}

export interface Member {
  readonly type: "MemberExpression";
  readonly object: Node;
  readonly property: Node;
  /** `a[b]`, not `a.b`. */
  readonly computed: boolean;
}

export interface Slice {
  readonly type: "SliceExpression";
  readonly start?: Node | undefined;
  readonly stop?: Node | undefined;
  readonly step?: Node | undefined;
}

export interface Binary {
  readonly type: "BinaryExpression";
  readonly operator: Token;
  readonly left: Node;
  readonly right: Node;
}

export interface Filter {
  readonly type: "FilterExpression";
  readonly operand: Node;
  readonly filter: Identifier | Call;
}
