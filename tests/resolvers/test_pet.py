"""Pets, addresses and regions through the schema."""

from datetime import timedelta
from typing import Any

import pytest
from strawberry.types import ExecutionResult

from app.graphql import schema
from domain.permissions import NOBODY, Actor
from integrations.token import Tokens
from models.pet import Address, Pet
from schema.context import Context
from tests.queries import statements
from tests.signing_in import SEAL, acting, sign_in

TOKENS = Tokens("a secret of the tests that is long enough", timedelta(minutes=10))
REFUSAL = "... on Refusal { code message field }"
PET = f"... on Pet {{ id name species size breed bornOn notes archivedAt }} {REFUSAL}"
ADDRESS = f"""
... on Address {{
  id phone street regionCode postcode archivedAt region {{ name path {{ code name }} }} }} {REFUSAL}"""
ADD_PET = f"mutation ($input: PetInput!) {{ it: addPet(input: $input) {{ {PET} }} }}"
EDIT_PET = f"mutation ($id: UUID!, $input: PetInput!) {{ it: editPet(petId: $id, input: $input) {{ {PET} }} }}"
REMOVE_PET = f"mutation ($id: UUID!) {{ it: removePet(petId: $id) {{ {PET} }} }}"
ADD_ADDRESS = f"mutation ($input: AddressInput!) {{ it: addAddress(input: $input) {{ {ADDRESS} }} }}"
REPLACE = f"""
mutation ($id: UUID!, $input: AddressInput!) {{
  it: replaceAddress(addressId: $id, input: $input) {{ {ADDRESS} }} }}"""
REMOVE_ADDRESS = f"mutation ($id: UUID!) {{ it: removeAddress(addressId: $id) {{ {ADDRESS} }} }}"
MY_PETS = """
query ($first: Int!, $after: String) {
  it: myPets(first: $first, after: $after) { edges { node { id name } } pageInfo { hasNextPage endCursor } } }"""
MY_ADDRESSES = (
    "query ($first: Int!) { it: myAddresses(first: $first) { edges { node { id street region { path { name } } } } } }"
)
REGIONS = """query ($parent: String, $postcode: String, $search: String, $first: Int! = 20) {
  it: regions(parent: $parent, postcode: $postcode, search: $search, first: $first) {
    edges { node { code name parentCode postcode path { code } } } pageInfo { hasNextPage } } }"""
BOLU = {"name": "Bolu", "species": "DOG", "size": "SMALL", "bornOn": "2022-05-01", "notes": "Takut petir"}
HOME = {
    "label": "Rumah", "recipient": "Sari", "phone": "081234567890", "street": "Jalan Contoh 1",
    "regionCode": "31.71.01.1001", "postcode": "10110",
}  # fmt: skip


async def execute(document: str, actor: Actor, **variables: object) -> ExecutionResult:
    return await schema.execute(document, variables, context_value=Context(TOKENS, SEAL, actor=actor))


async def run(document: str, actor: Actor = NOBODY, **variables: object) -> Any:
    result = await execute(document, actor, **variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data["it"]


async def sari() -> Actor:
    return acting(await sign_in())


async def names(actor: Actor) -> list[str]:
    return [edge["node"]["name"] for edge in (await run(MY_PETS, actor, first=100))["edges"]]


async def test_a_pet_is_added_edited_and_removed() -> None:
    actor = await sari()
    pet = await run(ADD_PET, actor, input=BOLU)
    assert (pet["name"], pet["species"], pet["size"], pet["bornOn"]) == ("Bolu", "DOG", "SMALL", "2022-05-01")
    assert (await run(EDIT_PET, actor, id=pet["id"], input={**BOLU, "name": "Kue"}))["name"] == "Kue"
    assert await names(actor) == ["Kue"]
    assert (await run(REMOVE_PET, actor, id=pet["id"]))["archivedAt"] is not None
    assert await names(actor) == []


async def test_another_persons_pet_is_not_found() -> None:
    pet = await run(ADD_PET, await sari(), input=BOLU)
    stranger = acting(await sign_in("+6281200000009", "Budi"))
    assert (await run(EDIT_PET, stranger, id=pet["id"], input=BOLU))["code"] == "NOT_FOUND"
    assert (await run(REMOVE_PET, stranger, id=pet["id"]))["code"] == "NOT_FOUND"
    assert await names(stranger) == []


async def test_an_address_is_added_replaced_and_removed() -> None:
    actor = await sari()
    old = await run(ADD_ADDRESS, actor, input=HOME)
    path = [each["code"] for each in old["region"]["path"]]
    assert path == ["31", "31.71", "31.71.01", "31.71.01.1001"] and old["phone"] == "+6281234567890"
    new = await run(REPLACE, actor, id=old["id"], input={**HOME, "street": "Jalan Baru 2"})
    listed = await run(MY_ADDRESSES, actor, first=10)
    assert [edge["node"]["street"] for edge in listed["edges"]] == ["Jalan Baru 2"]
    assert (await run(REMOVE_ADDRESS, actor, id=new["id"]))["archivedAt"] is not None
    assert (await run(REMOVE_ADDRESS, actor, id=old["id"]))["code"] == "NOT_FOUND"


async def test_a_postcode_of_elsewhere_is_refused_by_name() -> None:
    refused = await run(ADD_ADDRESS, await sari(), input={**HOME, "postcode": "80361"})
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "postcode")


async def test_pets_are_read_in_pages_without_gap_or_repeat() -> None:
    actor = await sari()
    for number in range(5):
        await Pet.create(owner_id=actor.id, name=f"Pet {number}", species="CAT", size="SMALL")
    seen, after = [], None
    for _ in range(3):
        found = await run(MY_PETS, actor, first=2, after=after)
        seen += [edge["node"]["name"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
    assert seen == [f"Pet {number}" for number in (4, 3, 2, 1, 0)]


async def test_the_statements_of_a_list_do_not_grow_with_the_page() -> None:
    actor = await sari()
    codes = [edge["node"] for edge in (await run(REGIONS, parent="31.71.01"))["edges"]]
    for region in codes * 3:
        await Pet.create(owner_id=actor.id, name="Kucing", species="CAT", size="SMALL")
        await Address.create(
            owner_id=actor.id, label="Rumah", recipient="Sari", phone="+6281234567890", street="Jalan Contoh 1",
            region_code=region["code"], postcode=region["postcode"],
        )  # fmt: skip
    for document, variables, actor_ in (
        (MY_PETS, {}, actor),
        (MY_ADDRESSES, {}, actor),
        (REGIONS, {"search": "gambir"}, NOBODY),
        (REGIONS, {"parent": "31.71"}, NOBODY),
    ):
        counts = []
        for first in (2, 50):
            with statements() as sent:
                await run(document, actor_, first=first, **variables)
            counts.append(len(sent))
        assert counts[0] == counts[1] <= 3, (document, counts)


async def test_regions_begin_with_the_provinces() -> None:
    found = await run(REGIONS, first=100)
    assert len(found["edges"]) == 38 and not found["pageInfo"]["hasNextPage"]
    assert found["edges"][0]["node"] == {
        "code": "11", "name": "Aceh", "parentCode": None, "postcode": None, "path": [{"code": "11"}],
    }  # fmt: skip


async def test_regions_are_found_by_parent_postcode_and_beginning() -> None:
    of_gambir = [edge["node"]["name"] for edge in (await run(REGIONS, parent="31.71.01"))["edges"]]
    assert "Cideng" in of_gambir and len(of_gambir) == 6
    by_postcode = await run(REGIONS, postcode="10110")
    assert [edge["node"]["code"] for edge in by_postcode["edges"]] == ["31.71.01.1001"]
    both = await run(REGIONS, search="CID", parent="31.71.01")
    assert [edge["node"]["name"] for edge in both["edges"]] == ["Cideng"]


async def test_a_search_takes_signs_as_they_are() -> None:
    for search in ("%%%", "___", "'; --"):
        assert (await run(REGIONS, search=search))["edges"] == []


@pytest.mark.parametrize(
    "variables, field",
    [
        ({"search": "ga"}, "search"),
        ({"search": "x" * 61}, "search"),
        ({"parent": "99"}, "parent"),
        ({"parent": "31\x00"}, "parent"),
        ({"postcode": "1"}, "postcode"),
        ({"first": 101}, "first"),
        ({"first": 0}, "first"),
    ],
)
async def test_impossible_questions_are_refused_by_name(variables: dict[str, object], field: str) -> None:
    result = await execute(REGIONS, NOBODY, **variables)
    assert result.errors is not None
    extensions = result.errors[0].extensions or {}
    assert (extensions["code"], extensions["field"]) == ("INVALID_INPUT", field)


async def test_lists_of_ones_own_are_for_who_signed_in() -> None:
    for document in (MY_PETS, MY_ADDRESSES):
        result = await execute(document, NOBODY, first=5)
        assert result.errors is not None and (result.errors[0].extensions or {})["code"] == "NOT_SIGNED_IN"
