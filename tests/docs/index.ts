export { splitCommands } from './commands.ts'
export { PageTerminal } from './page-terminal.ts'
