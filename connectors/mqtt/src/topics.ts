/** Bytes of a topic, as of every other text of the protocol. */
export const textBytesMax = 65_535

/** What is wrong with a topic to publish to, in words; `undefined` when nothing is (MQTT 5.0, section 4.7). */
export function topicFault(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return 'must not have the wildcards + and #'
  return textFault(topic)
}

/** What is wrong with a filter to subscribe to. A wildcard stands alone between slashes, and `#` at the end. */
export function filterFault(filter: string): string | undefined {
  if (filter.startsWith('$share/')) return 'must not begin with $share: the option group says so'
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    const isWildcard = level === '+' || (level === '#' && index === levels.length - 1)
    if (!isWildcard && /[+#]/.test(level)) {
      return 'has a wildcard beside other characters, or # before its end'
    }
  }
  return textFault(filter)
}

/** What is wrong with the name of a shared subscription (section 4.8.2). */
export function groupFault(group: string): string | undefined {
  return /[/+#]/.test(group) ? 'must not have the characters / + and #' : textFault(group)
}

function textFault(text: string): string | undefined {
  if (text === '') return 'must not be empty'
  if (text.includes('\u0000') || !text.isWellFormed())
    return 'must not have characters that MQTT cannot carry'
  const bytes = Buffer.byteLength(text)
  return bytes > textBytesMax ? `has ${bytes} bytes, at most ${textBytesMax} are allowed` : undefined
}
