import type { OutputSummary, RunRecord, RunSummary, SourceSummary } from '../../../pipeline/records/run.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import { redact } from '../../../shared/secrets.ts';

/**
 * A run's record as it may be kept: what sources, sinks and errors had to tell without the values of secrets, and no
 * larger than the limit.
 */
export function fitRecord(record: RunRecord, bytesMax: number): RunRecord {
  const clean = {
    ...record,
    life: told(
      record.life,
      (text) => redact(text),
      (detail) => redacted(detail),
    ),
  };
  if (Buffer.byteLength(JSON.stringify(clean)) <= bytesMax) return clean;
  return {
    ...clean,
    life: told(
      clean.life,
      (text) => text.slice(0, textCharactersMax),
      () => null,
    ),
  };
}

const textCharactersMax = 1000;

/** The parts of a life that hold text from elsewhere, changed. */
function told(
  life: RunRecord['life'],
  text: (given: string) => string,
  detail: (given: Json) => Json,
): RunRecord['life'] {
  const source = (each: SourceSummary): SourceSummary => ({ ...each, first: each.first.map(text) });
  const output = (each: OutputSummary): OutputSummary => ({ ...each, detail: detail(each.detail) });
  const summaryOf = ({ sources, outputs }: RunSummary) => ({
    summary: { sources: sources.map(source), outputs: outputs.map(output) },
  });
  const errorOf = ({ message, details, ...rest }: ErrorData) => {
    const more = details === undefined ? {} : { details: detail(details) as NonNullable<ErrorData['details']> };
    return { error: { ...rest, message: text(message), ...(more.details === null ? {} : more) } };
  };
  return {
    ...life,
    ...('summary' in life && life.summary ? summaryOf(life.summary) : {}),
    ...('error' in life && life.error ? errorOf(life.error) : {}),
  } as RunRecord['life'];
}

function redacted(data: Json): Json {
  if (typeof data === 'string') return redact(data);
  if (Array.isArray(data)) return data.map((item: Json) => redacted(item));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value === undefined ? value : redacted(value)]),
  );
}
