/** Client, coordinator and workers exchange this when they meet; a mismatch is refused with both in the message. */
export const version = '0.1.0';
