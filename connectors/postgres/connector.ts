export { postgresSink as sink } from './sink/sink.ts';
export { postgresSource as source } from './source/source.ts';
