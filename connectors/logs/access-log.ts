import { type AnyColumn, IntegerColumn, LongColumn, TextColumn } from '../rows/columns.ts';
import { AccessLogLine, backslash, dash, quote, space, wordEnd } from './access-log-line.ts';
import type { LineParser } from './line-parser.ts';

/**
 * The common and combined formats of Apache and nginx, scanned byte by byte:
 * `host ident user [time] "request" status bytes "referer" "agent"`, what follows being left out. `-` is null. In
 * quoted fields `\"` and `\\` lose their backslash; other escapes stay as they are written. A request that has not
 * three parts is a path alone.
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
  readonly #places = new AccessLogLine();

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
    const places = this.#places;
    const reason = places.find(line, from, to);
    if (reason !== undefined) return reason;
    appendWord(this.#host, line, places.host, places.hostEnd);
    appendWord(this.#ident, line, places.hostEnd + 1, places.identEnd);
    appendWord(this.#user, line, places.identEnd + 1, places.userEnd);
    this.#time?.append(places.time);
    this.#appendRequest(line, places.request, places.requestEnd);
    this.#status?.append(places.status);
    if (places.bytes < 0) this.#bytes?.appendNull();
    else this.#bytes?.append(places.bytes);
    this.#appendQuoted(this.#referer, line, places.referer, places.refererEnd);
    this.#appendQuoted(this.#agent, line, places.agent, places.agentEnd);
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
      this.#appendQuoted(this.#method, line, from, methodEnd);
      this.#appendQuoted(this.#path, line, methodEnd + 1, protocol - 1);
      this.#appendQuoted(this.#protocol, line, protocol, to);
      return;
    }
    this.#method?.appendNull();
    this.#appendQuoted(this.#path, line, from, to);
    this.#protocol?.appendNull();
  }

  #appendQuoted(column: TextColumn | undefined, line: Uint8Array, from: number, to: number): void {
    if (column === undefined) return;
    if (to < 0 || (to - from === 1 && line[from] === dash)) column.appendNull();
    else if (this.#places.hasEscape && hasEscape(line, from, to)) appendUnescaped(column, line, from, to);
    else column.append(line, from, to);
  }
}

function appendWord(column: TextColumn | undefined, line: Uint8Array, from: number, to: number): void {
  if (column === undefined) return;
  if (to <= from || (to - from === 1 && line[from] === dash)) column.appendNull();
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
