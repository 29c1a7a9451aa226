import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'

/** Python functions, from Python 3.8 on: plain and `async` handlers, code and dependencies from the code folder alone. */
export const runtime = defineRuntime({ language: 'python', detect })
