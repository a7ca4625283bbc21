import type { FileFormat } from '../../shared/plan/nodes/scan.ts';

/** Endings of file names by format; text formats may be compressed besides. */
const endings: Readonly<Record<FileFormat, readonly string[]>> = {
  parquet: ['.parquet', '.parq', '.pq'],
  csv: ['.csv', '.tsv'],
  ndjson: ['.ndjson', '.jsonl', '.json'],
  arrow: ['.arrow', '.arrows', '.feather', '.ipc'],
};

const compressions = ['.gz', '.zst'];

/** A compressed text file cannot be entered in its middle. */
export const isCompressed = (path: string): boolean =>
  compressions.some((ending) => path.toLowerCase().endsWith(ending));

/** The format that a file's name tells, if it tells one. */
function formatOf(path: string): FileFormat | undefined {
  const name = path.toLowerCase();
  const bare = compressions.reduce(
    (text, ending) => (text.endsWith(ending) ? text.slice(0, -ending.length) : text),
    name,
  );
  const formats = Object.keys(endings) as FileFormat[];
  return formats.find((format) => endings[format].some((ending) => bare.endsWith(ending)));
}

/** Whether a file's name ends as those of the format do. */
export const hasFormat = (path: string, format: FileFormat): boolean => formatOf(path) === format;
