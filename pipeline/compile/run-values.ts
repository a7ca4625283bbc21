import { SheafError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { CompileInput } from './compiled.ts';
import type { ParamValues } from './params.ts';

/**
 * All values of a run by name.
 *
 * @throws SheafError `PIPELINE_INVALID` for one that the pipeline does not have, or that it needs and has not
 */
export function paramValues(context: CompileInput): ParamValues {
  const { name: pipeline, params } = context.document;
  const stranger = Object.keys(context.params).find((name) => !Object.hasOwn(params, name));
  if (stranger !== undefined) {
    throw new SheafError('PIPELINE_INVALID', `The pipeline ${pipeline} has no parameter ${stranger}`, {
      next: didYouMean(Object.keys(params), stranger) || `It has: ${Object.keys(params).join(', ') || 'none'}.`,
    });
  }
  const given = Object.entries(params).map(([name, spec]) => {
    const value = Object.hasOwn(context.params, name) ? context.params[name] : spec.value;
    if (value !== undefined) return [name, { type: spec.type, value }] as const;
    throw new SheafError('PIPELINE_INVALID', `The pipeline ${pipeline} needs a value of ${name} (${spec.type})`, {
      next: `Pass --param ${name}=…, or give it a default in the pipeline.`,
    });
  });
  return { ...runValues(context), ...Object.fromEntries(given) };
}

function runValues({ run, startedMs, interval }: CompileInput): ParamValues {
  const { startMs, endMs } = interval ?? { startMs: startedMs, endMs: startedMs };
  const time = (ms: number) => ({
    type: 'TIMESTAMP',
    value: new Date(ms).toISOString().replace('T', ' ').replace('Z', ''),
  });
  return {
    run_id: { type: 'VARCHAR', value: run },
    run_time: time(startedMs),
    interval_start: time(startMs),
    interval_end: time(endMs),
  };
}
