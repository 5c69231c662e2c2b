/**
 * How a command is described, and the type of the input that follows from its description.
 *
 * @module
 */

/** What can be completed from what this home knows. */
export type Completable = "provider" | "connection" | "command" | "file";

/** One flag. `text` needs a value, `optional` may have one, `list` may be repeated. */
export interface FlagSpec {
  readonly kind: "switch" | "text" | "list" | "optional";
  readonly summary: string;
  /** One letter for `-x`. */
  readonly short?: string;
  /** The value of an `optional` flag stands after `=` only: the next word may be a command. */
  readonly inline?: boolean;
  /** What the value is called in the help. */
  readonly value?: string;
  /** The only values, unless `open`. */
  readonly choices?: readonly string[];
  /** Other values than `choices` are accepted too. */
  readonly open?: boolean;
  readonly completes?: Completable;
}

/** Flags by name, without the dashes. */
export type FlagTable = Readonly<Record<string, FlagSpec>>;

/** One argument without dashes. */
export interface PositionalSpec {
  readonly required?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completable;
}

/** Positional arguments by name, in order. */
export type PositionalTable = Readonly<Record<string, PositionalSpec>>;

/** One command. */
export interface CommandSpec {
  /** Where the help lists it. */
  readonly group: "connect" | "use" | "look" | "shell" | "hidden";
  /** One line without a full stop. */
  readonly summary: string;
  /** A paragraph for the command's own help. */
  readonly about?: string;
  readonly positionals: PositionalTable;
  /** If set, everything from the first argument (or after `--`) is kept as it is, under this name. */
  readonly rest?: string;
  readonly flags: FlagTable;
  readonly examples: readonly string[];
}

type FlagValue<Flag extends FlagSpec> = Flag["kind"] extends "switch" ? boolean
  : Flag["kind"] extends "list" ? readonly string[]
  : Flag["kind"] extends "optional" ? string | true | undefined
  : string | undefined;

/** The values of a flag table's flags. An `optional` flag without a value is `true`. */
export type FlagValues<Flags extends FlagTable> = {
  readonly [Name in keyof Flags]: FlagValue<Flags[Name]>;
};

/** What a command is run with. */
export interface CommandInput<Spec extends CommandSpec> {
  readonly positionals: {
    readonly [Name in keyof Spec["positionals"]]: Spec["positionals"][Name] extends
      { readonly required: true } ? string : string | undefined;
  };
  readonly flags: FlagValues<Spec["flags"]>;
  /** What followed, verbatim, of a command with `rest`. */
  readonly rest: readonly string[];
}
