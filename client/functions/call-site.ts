import { fileURLToPath } from 'node:url';

/** Where a dataset method was called: the key to the source text of the function that was passed to it. */
export interface CallSite {
  /** Absolute path, or the reason why there is none: code from `eval`, a REPL, or a URL that is no file. */
  readonly file: string | null;
  /** From 1, as V8 counts. */
  readonly line: number;
  /** From 1, in UTF-16 units: the method's name in `dataset.map(…)`. */
  readonly column: number;
  /** The method that was called, for messages: `map`. */
  readonly method: string;
  /** Which of its arguments the function is, from 0. Default 0. */
  readonly argument?: number;
}

const clientFolder = new URL('..', import.meta.url).href;
const framesMax = 20;

/**
 * The place of the call of a dataset method, to be taken synchronously within it: later the stack is gone.
 *
 * @param method the name of the method that is called, for messages
 * @param below frames above this function, and its own, are skipped; so are frames of this client's own folder
 */
export function callSite(method: string, below: (...args: never[]) => unknown = callSite): CallSite {
  const frame = structuredStack(below).find((site) => !isOwn(fileOf(site)));
  const name = frame === undefined || frame.isEval() ? null : fileOf(frame);
  return {
    file: name?.startsWith('file:') ? fileURLToPath(name) : name?.startsWith('/') ? name : null,
    line: frame?.getLineNumber() ?? 0,
    column: frame?.getColumnNumber() ?? 0,
    method,
  };
}

const isOwn = (name: string | null): boolean => name?.startsWith(clientFolder) ?? false;

/** CommonJS modules have paths, ES modules URLs. */
const fileOf = (site: NodeJS.CallSite): string | null => site.getFileName() ?? null;

/** V8's frames themselves: the text of a stack may be rewritten by source maps, these are what ran. */
function structuredStack(below: (...args: never[]) => unknown): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: readonly NodeJS.CallSite[] } = {};
  try {
    Error.stackTraceLimit = framesMax;
    Error.prepareStackTrace = (_error, sites) => sites;
    Error.captureStackTrace(holder, below);
    return holder.stack ?? [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
