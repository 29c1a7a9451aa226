import { Dialogue } from './dialogue.ts'

/** Sends one command; answers its first line, and the text itself where that line only gives its length. */
export async function redisCommand(
  port: number,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  using dialogue = await Dialogue.open(port, signal)
  const parts = words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  dialogue.send(`*${words.length}\r\n${parts.join('')}`)
  const line = await dialogue.readLine()
  return line.startsWith('$') && line !== '$-1' ? dialogue.readLine() : line
}
