import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The access log of the examples. */
export const accessLogFile = fileURLToPath(new URL('../../../examples/data/apache_access.log', import.meta.url));

/** A visitor as the examples see it, computed here line by line, with nothing of theirs. */
export interface PlainVisitor {
  readonly host: string;
  readonly requests: number;
  readonly bytes: number;
  /** Says that it is a robot. */
  readonly robot: boolean;
  /** activity, variety, assets, errors, night, direct. */
  readonly features: readonly number[];
}

const text = String.raw`((?:[^"\\]|\\.)*)`;
const line = new RegExp(String.raw`^(\S+) \S+ \S+ \[[^:]+:(\d\d)[^\]]*\] "${text}" (\d+) (\S+) "${text}" "${text}"$`);

/** All visitors in the log; lines that are cut off are left out. */
export function plainVisitors(): ReadonlyMap<string, PlainVisitor> {
  const lines = readFileSync(accessLogFile, 'utf8')
    .split('\n')
    .map((each) => line.exec(each))
    .filter((found) => found !== null);
  const byHost = Map.groupBy(lines, ([, host]) => host ?? '');
  return new Map([...byHost].map(([host, found]) => [host, visitorOf(host, found)]));
}

function visitorOf(host: string, lines: readonly RegExpExecArray[]): PlainVisitor {
  const requests = lines.length;
  const share = (condition: (line: RegExpExecArray) => boolean): number => lines.filter(condition).length / requests;
  const paths = new Map(lines.map((each) => [each, each[3]?.split(' ')[1] ?? '']));
  return {
    host,
    requests,
    bytes: lines.reduce((sum, each) => sum + (each[5] === '-' ? 0 : Number(each[5])), 0),
    robot: lines.some((each) => /bot|crawl|spider|slurp/i.test(each[7] ?? '')),
    features: [
      Math.log10(requests) / 3,
      new Set(paths.values()).size / requests,
      share((each) => /\.(css|js|png|jpe?g|gif|ico)(\?|$)/i.test(paths.get(each) ?? '')),
      share((each) => Number(each[4]) >= 400),
      share((each) => Number(each[2]) < 6),
      share((each) => each[6] === '-'),
    ],
  };
}
