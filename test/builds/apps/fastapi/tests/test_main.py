from fastapi.testclient import TestClient

from app.main import app


def test_an_order_is_kept() -> None:
    client = TestClient(app)
    created = client.post("/orders", json={"sku": "tea", "count": 2})
    assert created.status_code == 201
    assert client.get(f"/orders/{created.json()['id']}").json() == {"sku": "tea", "count": 2}
