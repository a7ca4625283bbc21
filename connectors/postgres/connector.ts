export { postgresSink as sink } from './sink.ts';
export { postgresSource as source } from './source.ts';
