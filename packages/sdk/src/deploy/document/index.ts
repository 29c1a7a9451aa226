export { type ExportedWiring, exportWiring } from './export.ts'
export { wiringSchema } from './wiring-schema.ts'
