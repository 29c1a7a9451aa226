import { stripTypeScriptTypes } from 'node:module'

/** Jest does not load TypeScript by itself; Node.js takes the types out. */
export default { process: text => ({ code: stripTypeScriptTypes(text, { mode: 'transform' }) }) }
