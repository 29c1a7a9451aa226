/** Drops orders without items, and makes one event of each item of the others. */
export async function handler(batch) {
  return JSON.parse(batch.toString()).flatMap(event => {
    const { number, items = [] } = event.data.body
    return items.map((item, index) => ({
      ...event,
      id: `${event.id}-${index}`,
      type: 'item.ordered',
      data: { number, item: item.trim().toLowerCase() },
    }))
  })
}
