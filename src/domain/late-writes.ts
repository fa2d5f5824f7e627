/** How late a write may be carried out. */

/**
 * Time after which a write without an answer can no longer arrive, ms: longer than any call may take. Claims
 * allow for it, and so does every decision that such a write would contradict (ADR 5, ADR 17).
 */
export const LATE_WRITES_MS = 5_000;
