import koffi from 'koffi';

// Before the first library is loaded, whichever that is. DuckDB recurses as deep as expressions nest, and queries nest
// inside callbacks of queries: all on this one stack.
koffi.config({ sync_stack_size: 16 * 1024 * 1024 });

/** The C library of this process. */
export const standardLibrary = koffi.load(process.platform === 'win32' ? 'ucrtbase.dll' : null);
