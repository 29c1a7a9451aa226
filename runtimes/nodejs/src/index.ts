import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'

/** Node.js functions: CommonJS, ES modules, TypeScript whose types can be stripped. */
export const runtime = defineRuntime({ language: 'nodejs', detect })
