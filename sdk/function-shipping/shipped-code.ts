// What travels: the code of a function as plain data, and the values that it takes along.
//
// Owns: the form of shipped code and the limits on it. Does not own: making it (ship.ts, ship-module.ts), running it
//   (receive.ts). Both sides import this file; it imports nothing.
//
// Invariants:
//   S1. Shipped code is plain data: strings, numbers, booleans, arrays and objects, no key with the value undefined.
//   S2. The same function, captures and files give the same bytes, so that a hash over them knows a function again.

/** Most bytes of one function's source. */
export const sourceBytesMax = 1024 * 1024;
/** Most bytes of what one shipment bundles. */
export const bundleBytesMax = 32 * 1024 * 1024;
/** How deep captured functions may use captured functions. */
export const captureDepthMax = 64;

/** Where a variable that a function uses gets its value on the worker. */
export type Binding = { local: string } & BindingSource;

export type BindingSource =
  /** The captured value of the same name. */
  | { from: 'capture' }
  /** Another shipped function of the same shipment, or the function itself; `early` when making a class needs it. */
  | { from: 'function'; index: number; early?: true }
  /** A module of Node; `exportName` as in `ImportedName`. */
  | { from: 'node'; specifier: string; exportName: string }
  /** The worker's own gridbook. */
  | { from: 'gridbook'; exportName: string }
  /** An export of the shipment's bundle. */
  | { from: 'bundle'; exportName: string }
  /** The stand-in for `import()`: what it gives for each specifier. */
  | { from: 'loader'; modules: Record<string, LoadedModule> }
  /** What compilers put around functions to keep their names. */
  | { from: 'name-keeper' };

/** What a dynamic import gives. A bundle's export is a function that loads the module. */
export type LoadedModule =
  | { from: 'node'; specifier: string }
  | { from: 'gridbook' }
  | { from: 'bundle'; exportName: string };

/** One function or class: an expression and what its free variables mean. */
export interface ShippedFunction {
  /** Its `name`, empty for a function without. */
  name: string;
  /** JavaScript that evaluates to it. */
  expression: string;
  /** Where the expression begins in the user's file; lines and columns from 0. Absent when that is not known. */
  origin?: { file: string; line: number; column: number };
  bindings: Binding[];
}

/** Modules as one CommonJS script. */
export interface Bundle {
  script: string;
  /** Whether it asks for the worker's own gridbook. */
  usesGridbook: boolean;
}

/** A function or class by its source; the first of `functions` is it, the others are those that it uses. */
export interface SourceCode {
  kind: 'source';
  name: string;
  functions: ShippedFunction[];
  bundle?: Bundle;
  usesGridbook: boolean;
}

/** An export of a module, bundled with what the module imports. */
export interface ModuleCode {
  kind: 'module';
  name: string;
  bundle: Bundle;
  exportName: string;
}

/** A function that a factory of a module of the SDK makes on the worker. */
export interface BuiltinCode {
  kind: 'builtin';
  name: string;
  /** A key of `builtinModules`. */
  module: string;
  factory: string;
}

/** The code of a function as plain data. */
export type ShippedCode = SourceCode | ModuleCode | BuiltinCode;

/** A function ready to travel. */
export interface Shipment {
  code: ShippedCode;
  /** Values by variable name, as the user gave them; whoever sends them encodes them. */
  captures: Record<string, unknown>;
}

/** How something is shipped. */
export interface ShipOptions {
  /**
   * Values of variables that the function uses and that are not its own: data that can travel, functions or classes.
   * Captured functions find their own variables here too.
   */
  capture?: Readonly<Record<string, unknown>> | undefined;
  /** What it is called in messages. @default the function's name */
  name?: string | undefined;
  /** The file URL of the module whose imports the function may use. @default the caller's, from the call stack */
  callerUrl?: string | undefined;
  /** Whether a capture that nothing uses is refused, as a typing error would be. @default 'refuse' */
  unusedCapture?: 'refuse' | 'allow' | undefined;
  /** Another function that the captures are for: what only that one uses is not refused. It is not shipped along. */
  sharedWith?: object | undefined;
}
