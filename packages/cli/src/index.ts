export { main } from './main.ts'
export { renderTable } from './table.ts'
export type { Terminal } from './terminal.ts'
