import { type AnyColumn, IntegerColumn, LongColumn, TextColumn } from '../rows/columns.ts';
import type { LineParser } from './line-parser.ts';
import { logTime } from './log-time.ts';

const [space, quote, backslash, bracket, dash, zero, nine] = [0x20, 0x22, 0x5c, 0x5b, 0x2d, 0x30, 0x39];

/**
 * The common and combined formats of Apache and nginx, scanned byte by byte:
 * `host ident user [time] "request" status bytes "referer" "agent"`, what follows being left out. `-` is null. In quoted fields
 * `\"` and `\\` lose their backslash; other escapes stay as they are written. A request that has not three parts is a path alone.
 */
export class AccessLogParser implements LineParser {
  readonly columns: readonly (AnyColumn | undefined)[];
  readonly #host: TextColumn | undefined;
  readonly #ident: TextColumn | undefined;
  readonly #user: TextColumn | undefined;
  readonly #time: LongColumn | undefined;
  readonly #method: TextColumn | undefined;
  readonly #path: TextColumn | undefined;
  readonly #protocol: TextColumn | undefined;
  readonly #status: IntegerColumn | undefined;
  readonly #bytes: LongColumn | undefined;
  readonly #referer: TextColumn | undefined;
  readonly #agent: TextColumn | undefined;

  /** @param wanted names of the columns that are asked for: others are only checked */
  constructor(wanted: ReadonlySet<string>, rowsMax: number) {
    const text = (name: string) => (wanted.has(name) ? new TextColumn(rowsMax) : undefined);
    this.#host = text('host');
    this.#ident = text('ident');
    this.#user = text('user');
    this.#time = wanted.has('time') ? new LongColumn(rowsMax) : undefined;
    this.#method = text('method');
    this.#path = text('path');
    this.#protocol = text('protocol');
    this.#status = wanted.has('status') ? new IntegerColumn(rowsMax) : undefined;
    this.#bytes = wanted.has('bytes') ? new LongColumn(rowsMax) : undefined;
    this.#referer = text('referer');
    this.#agent = text('agent');
    this.columns = [
      ...[this.#host, this.#ident, this.#user, this.#time, this.#method, this.#path, this.#protocol],
      ...[this.#status, this.#bytes, this.#referer, this.#agent],
    ];
  }

  /** All fields are found before any is appended: a malformed line leaves nothing behind. */
  parse(line: Uint8Array, from: number, to: number): string | undefined {
    const hostEnd = wordEnd(line, from, to);
    if (hostEnd === from || hostEnd >= to) return 'it does not begin with a host';
    const identEnd = wordEnd(line, hostEnd + 1, to);
    if (identEnd >= to) return 'it ends before the user';
    // A user's name may hold blanks: it ends where the time begins.
    let timeStart = identEnd + 1;
    while (timeStart < to && !(line[timeStart] === bracket && line[timeStart - 1] === space)) timeStart += 1;
    if (timeStart >= to) return 'it has no [time]';
    const time = logTime(line, timeStart, to);
    if (time === undefined) return 'its time is not like [31/Dec/2026:23:59:59 +0000]';
    const request = timeStart + timeLength + 1;
    if (line[request] !== quote || line[request - 1] !== space) return 'no "request" follows the time';
    const requestEnd = quoteEnd(line, request + 1, to);
    if (requestEnd < 0) return 'its request has no closing quote';
    const status = requestEnd + 2;
    const code = (digit(line[status]) * 10 + digit(line[status + 1])) * 10 + digit(line[status + 2]);
    if (!(code >= 0) || status + 3 > to) return 'no status of three digits follows the request';
    const size = status + 4;
    const sizeEnd = wordEnd(line, size, to);
    const bytes = sizeEnd <= size || line[size - 1] !== space ? Number.NaN : wholeNumber(line, size, sizeEnd);
    if (Number.isNaN(bytes)) return 'no number of bytes follows the status';
    let refererEnd = -1;
    let agentEnd = -1;
    const referer = sizeEnd + 2;
    let agent = -1;
    if (sizeEnd < to && line[referer - 1] === quote) {
      refererEnd = quoteEnd(line, referer, to);
      if (refererEnd < 0) return 'its referer has no closing quote';
      agent = refererEnd + 3;
      if (agent <= to && line[agent - 1] === quote) {
        agentEnd = quoteEnd(line, agent, to);
        if (agentEnd < 0) return 'its agent has no closing quote';
      }
    }
    appendWord(this.#host, line, from, hostEnd);
    appendWord(this.#ident, line, hostEnd + 1, identEnd);
    appendWord(this.#user, line, identEnd + 1, timeStart - 1);
    this.#time?.append(time);
    this.#appendRequest(line, request + 1, requestEnd);
    this.#status?.append(code);
    if (bytes < 0) this.#bytes?.appendNull();
    else this.#bytes?.append(bytes);
    appendQuoted(this.#referer, line, referer, refererEnd);
    appendQuoted(this.#agent, line, agent, agentEnd);
    return undefined;
  }

  appendNulls(): void {
    for (const column of this.columns) column?.appendNull();
  }

  #appendRequest(line: Uint8Array, from: number, to: number): void {
    if (!this.#method && !this.#path && !this.#protocol) return;
    const methodEnd = wordEnd(line, from, to);
    let protocol = to;
    while (protocol > methodEnd && line[protocol - 1] !== space) protocol -= 1;
    if (methodEnd > from && protocol > methodEnd + 1 && protocol < to) {
      appendQuoted(this.#method, line, from, methodEnd);
      appendQuoted(this.#path, line, methodEnd + 1, protocol - 1);
      appendQuoted(this.#protocol, line, protocol, to);
      return;
    }
    this.#method?.appendNull();
    appendQuoted(this.#path, line, from, to);
    this.#protocol?.appendNull();
  }
}

/** `[31/Dec/2026:23:59:59 +0000]` */
const timeLength = 28;

const digit = (byte: number | undefined): number =>
  byte !== undefined && byte >= zero && byte <= nine ? byte - zero : Number.NaN;

function wordEnd(line: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && line[at] !== space) at += 1;
  return at;
}

/** The closing quote's place; -1 if there is none. */
function quoteEnd(line: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = line[at];
    if (byte === quote) return at;
    if (byte === backslash) at += 1;
  }
  return -1;
}

/** -1 for `-`, NaN for what is no number. */
function wholeNumber(line: Uint8Array, from: number, to: number): number {
  if (to - from === 1 && line[from] === dash) return -1;
  if (to - from > 15) return Number.NaN;
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + digit(line[at]);
  return value;
}

function appendWord(column: TextColumn | undefined, line: Uint8Array, from: number, to: number): void {
  if (column === undefined) return;
  if (to <= from || (to - from === 1 && line[from] === dash)) column.appendNull();
  else column.append(line, from, to);
}

function appendQuoted(column: TextColumn | undefined, line: Uint8Array, from: number, to: number): void {
  if (column === undefined) return;
  if (to < 0 || (to - from === 1 && line[from] === dash)) column.appendNull();
  else if (hasEscape(line, from, to)) appendUnescaped(column, line, from, to);
  else column.append(line, from, to);
}

function hasEscape(line: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (line[at] === backslash) return true;
  return false;
}

function appendUnescaped(column: TextColumn, line: Uint8Array, from: number, to: number): void {
  const plain = new Uint8Array(to - from);
  let end = 0;
  for (let at = from; at < to; at++) {
    const next = line[at + 1];
    if (line[at] === backslash && at + 1 < to && (next === quote || next === backslash)) at += 1;
    plain[end++] = line[at] as number;
  }
  column.append(plain, 0, end);
}
