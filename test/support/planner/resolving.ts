import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type ResolvedSource, scanKey } from '../../../coordinator/planner/source.ts';
import { resolveSources } from '../../../coordinator/sources/resolve-sources.ts';
import type { SheafError } from '../../../shared/errors.ts';
import type { FileFormat, ScanOptions } from '../../../shared/plan/nodes/scan.ts';
import { type PlannerBench, scan } from './planner.ts';

/** Looks into files as the coordinator does before it plans. */
export class Resolving {
  readonly #bench: PlannerBench;

  constructor(bench: PlannerBench) {
    this.#bench = bench;
  }

  source(paths: string | readonly string[], options: ScanOptions = {}, format?: FileFormat): ResolvedSource {
    const node = scan(paths, options, format);
    const source = resolveSources(node, this.#bench.tools).get(scanKey(node));
    assert.ok(source);
    return source;
  }

  refusal(paths: string | readonly string[], options: ScanOptions = {}, format?: FileFormat): SheafError {
    try {
      this.source(paths, options, format);
    } catch (thrown) {
      return thrown as SheafError;
    }
    throw new Error(`resolved: ${String(paths)}`);
  }

  /** Writes a file into the bench's folder. */
  text(name: string, content: string | Uint8Array): string {
    const path = this.#bench.path(name);
    mkdirSync(path.replace(/\/[^/]*$/, ''), { recursive: true });
    writeFileSync(path, content);
    return path;
  }
}

/** Columns and types, in one line. */
export const columnsOf = ({ schema }: ResolvedSource): string =>
  schema.map(({ name, type }) => `${name} ${type}`).join(', ');
