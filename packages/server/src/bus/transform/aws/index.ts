export { compileAws } from './input.ts'
