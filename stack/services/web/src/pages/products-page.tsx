import type {FormEvent} from 'react'

import {Link, useSearchParams} from 'react-router'

import type {Paged, Product} from '../api/types.js'

import {listProducts} from '../api/products.js'
import {useResource} from '../api/use-resource.js'
import {Button} from '../components/button.js'
import {Empty} from '../components/empty.js'
import {Icon} from '../components/icon.js'
import {Loading} from '../components/loading.js'
import {Page} from '../components/page.js'
import {Pager} from '../components/pager.js'
import {Problem} from '../components/problem.js'
import {ProductCard} from '../components/product-card.js'

/** The catalogue: search, grid, pages. What is searched for is in the address, so that it can be shared. */
export function ProductsPage() {
  const [search, setSearch] = useSearchParams()
  const query = search.get('q')?.trim() ?? ''
  const page = Math.max(Number.parseInt(search.get('page') ?? '1', 10) || 1, 1)
  const products = useResource(`products:${query}:${page}`, (signal) => listProducts({query, page}, signal))
  const {data, error, loading, reload} = products

  return (
    <Page
      heading="Good tools for quiet work"
      title={query ? `Search: ${query}` : 'Products'}
      intro="Well-made equipment for your desk, in stock and ready to go."
    >
      <SearchForm key={query} query={query} onSearch={(wanted) => setSearch(wanted ? {q: wanted} : {})} />
      {error && <Problem error={error} onRetry={reload} retrying={loading} />}
      {!data && !error && <Loading what="Loading products" shape="cards" />}
      {data && !error && <Catalogue products={data} query={query} />}
    </Page>
  )
}

function SearchForm({query, onSearch}: {query: string; onSearch: (query: string) => void}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onSearch(String(new FormData(event.currentTarget).get('q') ?? '').trim())
  }

  return (
    <form className="search" role="search" onSubmit={submit}>
      <label className="visually-hidden" htmlFor="search-query">
        Search products
      </label>
      <Icon name="search" />
      <input
        id="search-query"
        type="search"
        name="q"
        defaultValue={query}
        placeholder="Search products"
        maxLength={100}
      />
      <Button type="submit" kind="secondary">
        Search
      </Button>
    </form>
  )
}

function Catalogue({products, query}: {products: Paged<Product>; query: string}) {
  const {items, total, page, pageSize} = products
  const addressOf = (wanted: number) => `/?${new URLSearchParams({...(query && {q: query}), page: String(wanted)})}`

  return (
    <>
      <p className="result-count" role="status">
        {countText(total, query)}
      </p>
      {items.length === 0 ? (
        <NothingFound query={query} />
      ) : (
        <ul className="grid">
          {items.map((product) => (
            <li key={product.id}>
              <ProductCard product={product} />
            </li>
          ))}
        </ul>
      )}
      <Pager page={page} pageCount={Math.ceil(total / pageSize)} addressOf={addressOf} />
    </>
  )
}

function countText(total: number, query: string): string {
  const count = `${total} ${total === 1 ? 'product' : 'products'}`
  return query ? `${count} for “${query}”` : count
}

function NothingFound({query}: {query: string}) {
  return query ? (
    <Empty icon="search" title="Nothing found">
      <p>No product matches “{query}”. Try a shorter or a more general word.</p>
      <Link className="button button-secondary" to="/">
        Show all products
      </Link>
    </Empty>
  ) : (
    <Empty icon="parcel" title="The shelves are empty">
      <p>There are no products here yet. Please come back soon.</p>
    </Empty>
  )
}
