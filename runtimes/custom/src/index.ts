import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'

/** Any executable that serves the HTTP protocol of function-compute section 4.9. */
export const runtime = defineRuntime({ language: 'custom', detect })
