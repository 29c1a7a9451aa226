import type { Random } from '@millrace/spi'

/** In the form that users of this interface know from their logs. */
export function requestId(random: Random): string {
  return random
    .id()
    .toUpperCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
