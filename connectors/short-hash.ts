import { createHash } from 'node:crypto';

/** 16 hex digits that stand for a text of any length and letters, in names of what is staged. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
