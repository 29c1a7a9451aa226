import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'
import { installer } from './install.ts'

/** Node.js functions: CommonJS, ES modules, TypeScript whose types can be stripped. */
export const runtime = defineRuntime({ language: 'nodejs', detect, installer })
