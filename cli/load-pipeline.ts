import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isPipeline, type Pipeline } from '../pipeline/pipeline.ts';
import { SheafError } from '../shared/errors.ts';

/**
 * The pipeline that a file exports as its default.
 *
 * @throws SheafError `FILE_NOT_FOUND`, `PIPELINE_INVALID`, or what the file throws when it is loaded
 */
export async function loadPipeline(file: string): Promise<Pipeline> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new SheafError('FILE_NOT_FOUND', `There is no file ${file} in ${process.cwd()}`, {
      next: 'Check its spelling; a path is relative to where you are.',
    });
  }
  const { default: exported } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  if (isPipeline(exported)) return exported;
  throw new SheafError('PIPELINE_INVALID', `${file} exports no pipeline as its default`, {
    next: "Write: export default pipeline('name', { extract: …, load: … });",
  });
}
