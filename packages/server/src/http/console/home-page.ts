import { actorArn, formTokenOf } from '../../auth/index.ts'
import { type Html, html } from './html.ts'
import type { Cell, Listing } from './overview.ts'
import type { Page } from './page.ts'
import type { Visitor } from './visitor.ts'

/** An event that was just published. */
export interface Published {
  readonly bus: string
  readonly position: string
}

export function homePage(visitor: Visitor, listings: readonly Listing[], published?: Published): Page {
  const { session, token } = visitor
  const { account, actor, way } = session.owner
  const formToken = html`<input type="hidden" name="formToken" value="${formTokenOf(token)}">`
  return {
    title: 'Overview',
    top: html`<span class="who">${actorArn(account, actor)}</span>
<form method="post" action="/console/logout">${formToken}<button class="plain">Sign out</button></form>`,
    body: html`<section>
<h1>Account ${account}</h1>
<p>Signed in as <strong>${actorArn(account, actor)}</strong> by ${ways[way]}, until ${moment(session.endsAtMs)} at the latest.</p>
</section>
${listings.map(listing => listingSection(listing))}
${publishSection(formToken, published)}`,
  }
}

const ways = { password: 'password', key: 'access key', oidc: 'OpenID' } as const

function listingSection({ title, columns, rows, hasMore }: Listing): Html {
  return html`<section>
<h2>${title} ${rows === undefined ? undefined : html`<small>${rows.length}${hasMore ? '+' : ''}</small>`}</h2>
${rows === undefined ? html`<p class="quiet">You may not list these.</p>` : table(columns, rows)}
${hasMore ? html`<p class="quiet">There are more; the API lists them all.</p>` : undefined}
</section>`
}

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const [first] = rows
  if (first === undefined) return html`<p class="quiet">None yet.</p>`
  const heads = columns.map(
    (column, index) =>
      html`<th scope="col" class="${first[index]?.isNumber === true ? 'number' : ''}">${column}</th>`,
  )
  const lines = rows.map(
    row => html`<tr>${row.map(cell => html`<td class="${classOf(cell)}">${cell.text}</td>`)}</tr>`,
  )
  return html`<div class="table"><table><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></div>`
}

function classOf({ mood, isNumber }: Cell): string {
  return isNumber === true ? 'number' : (mood ?? '')
}

function publishSection(formToken: Html, published: Published | undefined): Html {
  return html`<section id="publish">
<h2>Publish a test event</h2>
${published === undefined ? undefined : html`<p class="note good" role="status">Accepted by ${published.bus} at position ${published.position}.</p>`}
<form method="post" action="/console/events">${formToken}
<div class="three">
<label>Bus <input name="bus" required maxlength="127" value="${published?.bus ?? ''}"></label>
<label>Type <input name="type" required maxlength="256" value="test.event"></label>
<label>Source <input name="source" required maxlength="256" value="/console"></label>
</div>
<label>Data, as JSON <textarea name="data" spellcheck="false">{}</textarea></label>
<button>Publish</button>
</form>
</section>`
}

function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
