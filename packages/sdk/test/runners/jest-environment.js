import { TestEnvironment } from 'jest-environment-node'

/** Jest gives tests globals of their own; errors of Node.js are known by those of the outside only. */
export default class extends TestEnvironment {
  async setup() {
    await super.setup()
    this.global.Error = Error
  }
}
