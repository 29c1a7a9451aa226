import type { Random } from '@millrace/spi'

/** A random UUID (version 4), as this interface writes ids. */
export function uuidOf(random: Random): string {
  const hex = [0, 1, 2, 3].map(() => word(random)).join('')
  const variant = '89ab'.charAt(Math.floor(random.next() * 4))
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function word(random: Random): string {
  return Math.floor(random.next() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')
}
