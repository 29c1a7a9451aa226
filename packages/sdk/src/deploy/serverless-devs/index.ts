export { type ImportedWiring, importServerlessDevs } from './import.ts'
