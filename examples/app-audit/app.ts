import type { Application } from '../application.ts'
import { run } from './run.ts'

export const application: Application = {
  title:
    'What people do in several accounts is judged; what is wrong is reported, and some of it wakes somebody',
  run,
}
