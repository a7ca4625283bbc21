/**
 * Metadata of a field whose values travel in another type than they have in DuckDB: the DuckDB type to cast them back
 * to, for example `ENUM('a', 'b')` for a field of strings.
 */
export const typeKey = 'sheaf:type';
