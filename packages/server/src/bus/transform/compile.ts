import type { TransformSpec } from '../../resources/index.ts'
import { compileAws } from './aws/index.ts'
import { compileConstant } from './constant.ts'
import { invalidTransform } from './errors.ts'
import { compileJsonPath } from './jsonpath.ts'
import { compileOriginal } from './original.ts'
import { compileTemplate } from './template.ts'
import type { Transform } from './transform.ts'

/**
 * Compiles a transform: one of the four forms of section 6 of the compatible protocol, or the shape of AWS EventBridge. Called when a rule is
 * written, to refuse it, and when a snapshot is built; the result serves every event.
 *
 * @throws AppError `transform.invalid` with the details `path` (the place in the specification) and `reason`
 */
export function compileTransform(spec: TransformSpec): Transform {
  switch (spec.form) {
    case 'ORIGINAL':
      return compileOriginal()
    case 'CONSTANT':
      return compileConstant(spec.value)
    case 'JSONPATH':
      return compileJsonPath(spec.value)
    case 'TEMPLATE':
      return compileTemplate(spec.value, spec.template)
    case 'AWS':
      return compileAws(spec)
    default:
      throw invalidTransform('form', 'the form is ORIGINAL, CONSTANT, JSONPATH, TEMPLATE or AWS')
  }
}
