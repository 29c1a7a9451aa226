export { compileTransform } from './compile.ts'
export { transformErrors } from './errors.ts'
export { compilePath, type Path, type PathValue } from './path.ts'
export {
  type Transform,
  type TransformResult,
  transformResultBytesMax,
} from './transform.ts'
