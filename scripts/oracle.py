#!/usr/bin/env python3
"""The witness: computes the items of the store from its base tables and compares the target.

  scripts/oracle.py --url mysql://root@127.0.0.1:3306/store --endpoint http://127.0.0.1:8000 \\
      --contract store

It shares nothing with the engine: another language, another MySQL driver, no views, and neither
contract is read; what each contract asks for is written out below as ordinary code. Rows without a
table key make no item; where rows share a key, any of their items is right. Exit status: 0 the
target holds exactly the expected items, 1 it does not.
"""

import argparse
import datetime
import decimal
import itertools
import json
import multiprocessing
import re
import sys

import mysql_client
from items import B, Endpoint, N, S, canonical, digest, key_of, present

NULL = {"NULL": True}
EPOCH = datetime.datetime(1970, 1, 1)
CENT = decimal.Decimal("0.01")


# Reading. Every value is the text that the server prints; NULL is None; binary is bytes.

def rows(url, query):
    """Streams one query's rows as dicts."""
    connection = mysql_client.connect(
        url, raw=True, cursorclass=mysql_client.pymysql.cursors.SSDictCursor)
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        yield from cursor


def table(url, name, order="id"):
    return rows(url, f"SELECT * FROM {name} ORDER BY {order}")


def by_id(url, name, *columns):
    query = f"SELECT id, {', '.join(columns)} FROM {name}"
    return {row["id"]: row for row in rows(url, query)}


def with_lines(url):
    """Each order with its lines, both in primary-key order."""
    lines = itertools.groupby(
        table(url, "order_items", "order_id, id"), key=lambda line: int(line["order_id"]))
    current, group = next(lines, (None, ()))
    for order in table(url, "orders"):
        if current == int(order["id"]):
            yield order, list(group)
            current, group = next(lines, (None, ()))
        else:
            yield order, []


# Values.

def filled(text):
    """As an index key: absent where empty."""
    return {"S": text} if text else None


def flag(digit):
    return None if digit is None else {"BOOL": {"0": False, "1": True}[digit]}


def or_null(value):
    return NULL if value is None else value


def map_of(**members):
    return {"M": {name: or_null(value) for name, value in members.items()}}


def json_text(*records):
    """Records of (name, value) as an array of objects; str is text, anything else is as it is."""
    def member(name, value):
        return f"{json.dumps(name)}: {value if isinstance(value, Raw) else quoted(value)}"
    return "[" + ", ".join(
        "{" + ", ".join(member(*pair) for pair in record) + "}" for record in records) + "]"


class Raw(str):
    """JSON that stands as it is."""


def digits(text):
    return Raw("null" if text is None else text)


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def native(value):
    """A parsed JSON value; its numbers are the text they were written in."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, Raw):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [native(element) for element in value]}
    return {"M": {name: native(member) for name, member in value.items()}}


def parsed(text):
    return None if text is None else native(json.loads(text, parse_int=Raw, parse_float=Raw))


def moment(text):
    return datetime.datetime.fromisoformat(text)


def epoch(text, unit=datetime.timedelta(seconds=1)):
    return None if text is None else N((moment(text) - EPOCH) // unit)


def iso8601(text):
    return None if text is None else S(text.replace(" ", "T") + "Z")


def cents(text, grouped=False):
    if text is None:
        return None
    value = decimal.Decimal(text).quantize(
        CENT, rounding=decimal.ROUND_HALF_UP, context=decimal.Context(prec=60))
    return S(format(abs(value) if value == 0 else value, ",f" if grouped else "f"))


def total(values):
    """SQL's SUM: NULLs do not count, and nothing adds up to NULL."""
    with decimal.localcontext(decimal.Context(prec=80)):
        known = [decimal.Decimal(value) for value in values if value is not None]
        return sum(known) if known else None


# The published contract of the workshop.

def published_users(url):
    for row in table(url, "users"):
        yield "Users", present(
            PK=S(row["email"]), SK=S("#META"), username=S(row["username"]), email=S(row["email"]),
            password_hash=S(row["password_hash"]),
            profile_data=map_of(first_name=S(row["first_name"]), last_name=S(row["last_name"])),
            is_seller=flag(row["is_seller"]), created_at=S(row["created_at"]),
            updated_at=S(row["updated_at"]), GSI1PK=S(row["id"]), GSI1SK=S(row["id"]),
            GSI2PK=filled(row["username"]), GSI2SK=filled(row["username"]))


def published_carts(url):
    users = by_id(url, "users", "email")
    products = by_id(url, "products", "name", "price")
    for row in table(url, "shopping_carts", "user_id, product_id"):
        product = products[row["product_id"]]
        yield "Users", present(
            PK=S(users[row["user_id"]]["email"]), SK=S(f"CART#{row['product_id']}"),
            product_id=S(row["product_id"]), quantity=N(row["quantity"]), price=N(product["price"]),
            product_name=S(product["name"]), created_at=S(row["created_at"]),
            updated_at=S(row["updated_at"]))


def published_orders(url):
    users = by_id(url, "users", "email")
    for row, lines in with_lines(url):
        order_items = json_text(*(
            (("product_id", digits(line["product_id"])), ("quantity", digits(line["quantity"])),
             ("price_at_time", digits(line["price_at_time"]))) for line in lines))
        yield "Users", present(
            PK=S(users[row["user_id"]]["email"]), SK=S(f"ORDER#{row['created_at']}#{row['id']}"),
            user_id=S(row["user_id"]), order_status=S(row["status"]),
            total_amount=N(row["total_amount"]), order_items=S(order_items),
            created_at=S(row["created_at"]), updated_at=S(row["updated_at"]),
            order_id=S(row["id"]), GSI3PK=S(row["id"]), GSI3SK=S(row["id"]))


def published_products(url):
    categories = by_id(url, "categories", "name")
    categories[None] = {"name": ""}
    for row in table(url, "products"):
        yield "Products", present(
            PK=S(row["id"]), SK=S("#META"), seller_id=S(row["seller_id"]),
            category_id=S(row["category_id"]),
            category_path=S(categories[row["category_id"]]["name"]), product_name=S(row["name"]),
            description=S(row["description"]), price=N(row["price"]),
            inventory_quantity=N(row["inventory_quantity"]), image_url=S(row["image_url"]),
            created_at=S(row["created_at"]), updated_at=S(row["updated_at"]),
            GSI1PK=S(row["category_id"]), GSI1SK=filled(row["name"]), GSI2PK=S(row["seller_id"]),
            GSI2SK=filled(row["name"]))


def category_facts(url):
    """Each category with its parent's name, its children and the prices of its products."""
    categories = list(table(url, "categories"))
    names = {row["id"]: row["name"] for row in categories}
    children, prices = {}, {}
    for row in categories:
        children.setdefault(row["parent_id"], []).append(row)
    for product in rows(url, "SELECT category_id, price FROM products"):
        prices.setdefault(product["category_id"], []).append(product["price"])
    for row in categories:
        parent = names[row["parent_id"]] if row["parent_id"] else None
        yield row, parent, children.get(row["id"], []), prices.get(row["id"], [])


def published_categories(url):
    for row, parent, children, prices in category_facts(url):
        yield "Categories", present(
            PK=S("ROOT" if row["parent_id"] is None else parent), SK=S(row["name"]),
            category_id=S(row["id"]), parent_id=S(row["parent_id"]), parent_name=S(parent),
            category_name=S(row["name"]), category_path=S(parent or ""), level=N(len(children)),
            children_count=N(len(children)), product_count=N(len(prices)),
            created_at=S(row["created_at"]), GSI1PK=S(row["parent_id"] or "ROOT"),
            GSI1SK=S(row["id"]))


# contracts/store.json.

def store_users(url):
    orders = {}
    for row in rows(url, "SELECT user_id, total_amount, created_at FROM orders"):
        orders.setdefault(row["user_id"], []).append((row["total_amount"], row["created_at"]))
    for row in table(url, "users"):
        mine = orders.get(row["id"], [])
        credit = decimal.Decimal(row["credit"] or 0)
        silver = credit >= 1000 and row["is_seller"] == "0"
        names = [name for name in (row["first_name"], row["last_name"]) if name is not None]
        interests = row["interests"].split(",") if row["interests"] else None
        trial_ends = moment(row["created_at"]) + datetime.timedelta(days=30)
        yield "Users", present(
            pk=S(row["email"]), sk=S("PROFILE"), kind=S("user"), email=S(row["email"]),
            user_id=N(row["id"]), username=filled(row["username"]), full_name=S(" ".join(names)),
            is_seller=flag(row["is_seller"]), interests=interests and {"SS": interests},
            credit=N(row["credit"]),
            tier=S("gold" if credit >= 10000 else "silver" if silver else "bronze"),
            birthday=or_null(S(row["birthday"])), avatar=B(row["avatar"] or None),
            profile=S(row["profile"]), preferences=parsed(row["preferences"]),
            member_since=S(row["created_at"][:10]), trial_ends=S(str(trial_ends)),
            order_count=N(len(mine)), lifetime_value=N(total(amount for amount, _ in mine)),
            last_order_at=S(max((created for _, created in mine), default=None)),
            updated_at=epoch(row["updated_at"]))


def store_carts(url):
    users = by_id(url, "users", "email")
    products = by_id(url, "products", "name", "price", "category_id")
    categories = by_id(url, "categories", "name")
    for row in table(url, "shopping_carts", "user_id, product_id"):
        product = products[row["product_id"]]
        shelf = [product["name"]]
        if product["category_id"]:
            shelf.append(categories[product["category_id"]]["name"])
        email = users[row["user_id"]]["email"]
        expires = moment(row["updated_at"]) + datetime.timedelta(days=90)
        yield "Users", present(
            pk=S(email), sk=S(f"CART#{row['product_id']}"), kind=S("cart"), user_email=S(email),
            product_id=N(row["product_id"]), quantity=N(row["quantity"]),
            product_name=S(product["name"]), unit_price=N(product["price"]),
            shelf=S(" < ".join(shelf)), added_at=iso8601(row["created_at"]),
            expires_at=epoch(str(expires)), updated_at=epoch(row["updated_at"]))


def store_orders(url):
    users = by_id(url, "users", "email", "first_name", "is_seller", "credit", "birthday")
    for row, lines in with_lines(url):
        user = users[row["user_id"]]
        # NULL is the lowest value in MySQL's order.
        dearest = sorted(lines, reverse=True, key=lambda line: (
            line["price_at_time"] is not None, decimal.Decimal(line["price_at_time"] or 0),
            int(line["id"])))[:2]
        placed_at = row["created_at"].replace(" ", "T") + "Z"
        item = present(
            pk=S(user["email"]), sk=S(f"ORDER#{placed_at}#{row['id']}"), kind=S("order"),
            user_email=S(user["email"]), order_id=N(row["id"]), order_status=filled(row["status"]),
            placed_at=S(placed_at), placed_on=S(placed_at[:10]), total=N(row["total_amount"]),
            total_label=cents(row["total_amount"], grouped=True),
            items={"L": [map_of(
                line=N(line["id"]), product_id=N(line["product_id"]), quantity=N(line["quantity"]),
                price=N(line["price_at_time"]), gift_note=S(line["gift_note"])) for line in lines]},
            dearest=S(json_text(*(
                (("price", digits(line["price_at_time"])), ("line", digits(line["id"])),
                 ("note", line["gift_note"])) for line in dearest))),
            line_count=N(len(lines)), piece_count=N(total(line["quantity"] for line in lines)),
            buyer=map_of(name=S(user["first_name"]), seller=N(user["is_seller"]),
                         credit=N(user["credit"]), born=S(user["birthday"])),
            note=or_null(filled(row["note"])), updated_at=epoch(row["updated_at"]))
        item["placed_on#order_id"] = S(f"{placed_at[:10]}#{row['id']}")
        yield "Users", item


def store_products(url):
    users = by_id(url, "users", "username", "email", "created_at")
    categories = by_id(url, "categories", "name")
    categories[None] = {"name": "unsorted"}
    sold = {}
    for line in rows(url, "SELECT product_id, quantity FROM order_items"):
        sold.setdefault(line["product_id"], []).append(line["quantity"])
    for row in table(url, "products"):
        seller = users.get(row["seller_id"])
        stock = row["inventory_quantity"]
        changed = row["updated_at"]
        yield "Products", present(
            product_id=N(row["id"]), product_name=filled(row["name"]),
            description=NULL if row["description"] is None else filled(row["description"]),
            price=N(row["price"]), price_label=cents(row["price"]), stock=N(stock),
            in_stock={"BOOL": stock is not None and int(stock) > 0}, weight=N(row["weight"]),
            image_url=filled(row["image_url"]), details=parsed(row["details"]),
            category_id=N(row["category_id"]),
            category_name=S(categories[row["category_id"]]["name"]), seller_id=N(row["seller_id"]),
            seller=seller and map_of(username=S(seller["username"]), email=S(seller["email"]),
                                     since=S(seller["created_at"])),
            sold=N(total(sold.get(row["id"], []))), created_at=S(row["created_at"]),
            updated_at=S(changed and changed.replace("-", "/")))


def store_categories(url):
    for row, parent, children, prices in category_facts(url):
        known = [price for price in prices if price is not None]
        first = sorted(children, key=lambda child: (-int(child["position"]), int(child["id"])))[:5]
        yield "Categories", present(
            parent=S("ROOT" if row["parent_id"] is None else parent), name=S(row["name"]),
            category_id=N(row["id"]), parent_id=or_null(N(row["parent_id"])),
            position_label=S(re.sub(r"\d+", lambda digits: digits[0].zfill(3), row["position"])),
            children={"L": [map_of(id=N(child["id"]), name=S(child["name"])) for child in first]},
            children_count=N(len(children)), product_count=N(len(prices)),
            cheapest=N(min(known, key=decimal.Decimal, default=None)),
            created_at=epoch(row["created_at"], datetime.timedelta(milliseconds=1)))


CONTRACTS = {
    "published": (
        {"Users": ("PK", "SK"), "Products": ("PK", "SK"), "Categories": ("PK", "SK")},
        [published_orders, published_users, published_carts, published_products,
         published_categories]),
    "store": (
        {"Users": ("pk", "sk"), "Products": ("product_id",), "Categories": ("parent", "name")},
        [store_orders, store_users, store_carts, store_products, store_categories]),
}
SEGMENTS = 8


# Comparing. An item is kept as 16 bytes; where something differs, it is computed a second time.

def expected_part(task):
    """{(table, key): [digests, or items if `wanted` names the keys]} of one kind of rows."""
    source, url, keys, wanted = task
    found = {}
    for name, item in source(url):
        if any(not item[part].get("S", "?") for part in keys[name]):
            continue  # An empty key: such a row must be rejected.
        key = (name, key_of(item, keys[name]))
        if wanted is None:
            found.setdefault(key, []).append(digest(item))
        elif key in wanted:
            found.setdefault(key, []).append(item)
    return found


def target_part(task):
    """The same of one segment of a target table."""
    name, segment, endpoint, region, prefix, keys, wanted = task
    found = {}
    for item in Endpoint(endpoint, region).scan(prefix + name, segment, SEGMENTS):
        key = (name, key_of(item, keys[name]))
        if wanted is None:
            found.setdefault(key, []).append(digest(item))
        elif key in wanted:
            found.setdefault(key, []).append(item)
    return found


def gather(pool, options, wanted=None):
    keys, sources = CONTRACTS[options.contract]
    expected_tasks = [(source, options.url, keys, wanted) for source in sources]
    target_tasks = [
        (name, segment, options.endpoint, options.region, options.table_prefix, keys, wanted)
        for name in keys for segment in range(SEGMENTS)]
    expected, target = {}, {}
    for function, tasks, into in ((expected_part, expected_tasks, expected),
                                  (target_part, target_tasks, target)):
        for part in pool.imap_unordered(function, tasks):
            for key, values in part.items():
                into.setdefault(key, []).extend(values)
    return expected, target


def explain(expected, found):
    """The attributes in which the target's item is unlike the expected one."""
    names = sorted(expected.keys() | found.keys())
    return [name for name in names if name not in expected or name not in found
            or canonical(expected[name]) != canonical(found[name])]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="mysql://user@host:port/database")
    parser.add_argument("--endpoint", required=True, help="http://host:port")
    parser.add_argument("--region", default="local")
    parser.add_argument("--contract", required=True, choices=sorted(CONTRACTS))
    parser.add_argument("--table-prefix", default="")
    parser.add_argument("--examples", type=int, default=5, help="how many keys to name a kind")
    parser.add_argument("--values", action="store_true", help="print the values that differ")
    options = parser.parse_args()

    with multiprocessing.Pool(2) as pool:
        expected, target = gather(pool, options)
        missing = [key for key in expected if key not in target]
        extra = [key for key in target if key not in expected]
        different = [key for key, (value,) in target.items()
                     if key in expected and value not in expected[key]]
        shared = sum(len(values) > 1 for values in expected.values())
        for name in CONTRACTS[options.contract][0]:
            print(f"{name}: " + ", ".join(
                f"{sum(key[0] == name for key in keys):,} {label}" for label, keys in (
                    ("expected", expected), ("found", target), ("missing", missing),
                    ("extra", extra), ("different", different))))
        if shared:
            print(f"{shared:,} keys belong to several rows")
        for label, keys in (("missing", missing), ("extra", extra)):
            for name, key in keys[:options.examples]:
                print(f"{label}: {name} {key}")
        wanted = set(different[:options.examples])
        if wanted:
            expected_items, target_items = gather(pool, options, wanted)
            for name, key in sorted(wanted):
                right, found = expected_items[name, key][0], target_items[name, key][0]
                for attribute in explain(right, found):
                    print(f"different: {name} {key}: {attribute}")
                    if options.values:
                        print(f"  expected {right.get(attribute)}")
                        print(f"  found    {found.get(attribute)}")
    sys.exit(1 if missing or extra or different else 0)


if __name__ == "__main__":
    main()
