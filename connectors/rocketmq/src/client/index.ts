export type * from './calls.ts'

/** The program of the child process. */
export const clientProgram = new URL('./main.ts', import.meta.url)
