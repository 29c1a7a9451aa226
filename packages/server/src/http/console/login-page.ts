import type { Page } from './page.ts'
import { html } from './html.ts'

export interface LoginPage {
  readonly hasProvider: boolean
  /** What became of the last attempt. */
  readonly refusal?: { readonly code: string; readonly detail: string }
}

export function loginPage({ hasProvider, refusal }: LoginPage): Page {
  return {
    title: 'Sign in',
    narrow: true,
    body: html`<section>
<h1>Sign in</h1>
${refusal === undefined ? undefined : html`<p class="note bad" role="alert">${refusal.detail}. <small class="quiet">${refusal.code}</small></p>`}
${hasProvider ? html`<p><a class="button" href="/console/oidc">Sign in with your organisation</a></p><p class="quiet">or with a password:</p>` : undefined}
<form method="post" action="/console/login">
<label>User <input name="name" autocomplete="username" autocapitalize="none" required maxlength="160"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="256"></label>
<button>Sign in</button>
</form>
<details><summary>Sign in with an access key</summary>
<form method="post" action="/console/login">
<label>Key, as <code>id.secret</code> <input name="key" type="password" autocomplete="off" required maxlength="512"></label>
<button>Sign in</button>
</form></details>
</section>`,
  }
}

/** Shown for a moment: the browser goes on from a page of our own, and then sends the cookies that are for those alone. */
export const continuePage: Page = {
  title: 'One moment',
  narrow: true,
  next: '/console/',
  body: html`<section><p>One moment. <a href="/console/">Go on</a> if nothing happens.</p></section>`,
}

export function refusalPage(title: string, detail: string, code: string): Page {
  return {
    title: 'That did not work',
    narrow: true,
    body: html`<section>
<h1>That did not work</h1>
<p class="note bad" role="alert">${detail}.</p>
<p class="quiet">${title}</p>
<p><code>${code}</code></p>
<p><a class="button" href="/console/">To the console</a></p>
</section>`,
  }
}
