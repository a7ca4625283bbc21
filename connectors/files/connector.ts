export { filesSink as sink } from './sink.ts';
