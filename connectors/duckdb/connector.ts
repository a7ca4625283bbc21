export { duckdbSink as sink } from './sink.ts';
