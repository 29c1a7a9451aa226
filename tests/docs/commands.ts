import { spawnSync } from 'node:child_process'

/** Lines of a block of shell as commands, each with its continuation lines; blank lines and comments are left out. */
export function splitCommands(text: string): string[] {
  const commands: string[] = []
  let pending = ''
  for (const line of text.split('\n')) {
    if (pending === '' && (line.trim() === '' || line.trimStart().startsWith('#'))) continue
    pending += pending === '' ? line : `\n${line}`
    if (/(?<!\\)(?:\\\\)*\\$/.test(line) || !isComplete(pending)) continue
    commands.push(pending)
    pending = ''
  }
  if (pending !== '') commands.push(pending)
  return commands
}

/** A quote, a list or a loop that is still open makes the shell refuse the text. */
function isComplete(text: string): boolean {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: `${text}\n`, encoding: 'utf8' })
  return status === 0 && stderr === ''
}

/** Starts a server, and so does not end: it has a terminal of its own. */
export function startsServer(command: string): boolean {
  return /^(?:[A-Z_]+=\S* +)*(?:npx )?millrace (?:start|dev)\b/.test(command)
}

/** Shows what comes until Ctrl-C. */
export function follows(command: string): boolean {
  return /^(?:npx )?millrace (?:tail\b|fn logs .*(?:-f|--follow)\b|.*--watch\b)/.test(command)
}

/** Changes nothing: when what it shows is not there yet, it may be asked again. */
export function reads(command: string): boolean {
  return /^(?:(?:npx )?millrace (?:trace|get|tail|fn (?:logs|ls|list|get|tasks)|queue (?:peek|ls|list)|stream (?:status|list|ls))\b|cat |ls )/.test(
    command,
  )
}

/**
 * The scripts of `package.json` that a command runs, when it runs nothing else: they are looked for, not run, since the tests
 * are one of them. The installation is there, or this would not run.
 */
export function ownScripts(command: string): string[] | undefined {
  const parts = command.replace(/ +# .*$/, '').split(' && ')
  const names = parts.map(part => /^npm (?:run )?([\w:-]+)/.exec(part)?.[1])
  if (names.includes(undefined)) return undefined
  return names.filter(name => name !== undefined).filter(name => name !== 'ci')
}
