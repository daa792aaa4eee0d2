"""Orders in memory: small, with the packages that such services have."""

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, PositiveInt
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    greeting: str = "ready"


class Order(BaseModel):
    sku: str
    count: PositiveInt


settings = Settings()
orders: dict[int, Order] = {}
app = FastAPI(title="orders")


@app.get("/")
def health() -> dict[str, str]:
    return {"status": settings.greeting}


@app.post("/orders", status_code=201)
def create(order: Order) -> dict[str, int]:
    orders[len(orders) + 1] = order
    return {"id": len(orders)}


@app.get("/orders/{number}")
def read(number: int) -> Order:
    if number not in orders:
        raise HTTPException(404)
    return orders[number]
