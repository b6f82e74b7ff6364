"""Small exports of every tool, with the balances that they add up to, worked out by hand.

All rows are invented. Every file shows the quirks of its tool: preamble, marks, units, footers,
rows that do not count.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    tool: str
    text: str
    held: dict[str, str]
    cash: str = "0"
    maps: dict[str, str] = field(default_factory=dict)


ROTKI_SNAPSHOT = Sample(
    "rotki",
    "timestamp,category,asset_identifier,amount,usd_value\n"
    "1700000000,asset,BTC,9,1\n"
    "1731000000,asset,BTC,0.5,38000\n"
    "1731000000,asset,ETH,1.25,4000\n"
    "1731000000,asset,ETH,0.75,2400\n"
    "1731000000,asset,eip155:1/erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48,100.5,100.5\n"
    "1731000000,asset,USD,12.34,12.34\n",
    {"bitcoin": "0.5", "ethereum": "2", "usd-coin": "100.5"},
    "12.34",
)
ROTKI_TRADES = Sample(
    "rotki",
    "Location,Spend Currency,Receive Currency,Receive Amount,Spend Amount,Fee,Fee Currency,"
    "Description,Timestamp\n"
    "kraken,EUR,BTC,0.5,20000,0.001,BTC,first,1659085200000\n"
    "kraken,BTC,ETH,2.5,0.1,0.01,ETH,,1659085300000\n",
    {"bitcoin": "0.399", "ethereum": "2.49"},
)
ROTKI_EVENTS = Sample(
    "rotki",
    "Type,Location,Currency,Amount,Fee,Fee Currency,Description,Timestamp\n"
    "Deposit,kraken,BTC,1.0,,,in,1658912400000\n"
    "Withdrawal,kraken,BTC,0.4,0.0005,BTC,,1658998800000\n"
    "Staking,luno,ETH,0.0513,0,ETH,reward,1659340800000\n"
    "Income,cex,eip155:1/erc20:0x6B175474E89094C44Da98b954EedeAC495271d0F,1000.00,,,,1659513600000\n"
    "Loss,kraken,BTC,0.0910,,,,1659430800000\n",
    {"bitcoin": "0.5085", "ethereum": "0.0513", "dai": "1000.00"},
)
GHOSTFOLIO_CSV = Sample(
    "Ghostfolio",
    "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note\n"
    "01-09-2021,bitcoin,COINGECKO,USD,50000,0.2,BUY,4.46,first\n"
    "17/11/2021,ETHUSD,YAHOO,USD,4000.5,1.5,buy,0,\n"
    "01.01.2022,ethereum,COINGECKO,USD,3700,0.5,SELL,1,\n"
    "20220606,bitcoin,COINGECKO,USD,0,12,DIVIDEND,0,\n"
    "2022-06-07,EXTRA,MANUAL,USD,10,1,FEE,10,\n",
    {"bitcoin": "0.2", "ethereum": "1.0"},
)
GHOSTFOLIO_JSON = Sample(
    "Ghostfolio",
    """{"meta": {"date": "2024-01-01T00:00:00.000Z", "version": "2.1"},
 "accounts": [{"id": "a1", "name": "Ledger", "currency": "USD", "balance": 10}],
 "assetProfiles": [],
 "activities": [
  {"accountId": "a1", "comment": null, "fee": 1, "quantity": 0.1, "type": "BUY",
   "unitPrice": 40000, "currency": "USD", "dataSource": "COINGECKO",
   "date": "2023-01-01T00:00:00.000Z", "symbol": "bitcoin"},
  {"accountId": "a1", "fee": 0, "quantity": 0.2, "type": "BUY", "unitPrice": 41000,
   "currency": "USD", "dataSource": "COINGECKO", "date": "2023-02-01", "symbol": "bitcoin"},
  {"accountId": "a2", "fee": 0, "quantity": 7, "type": "BUY", "unitPrice": 20,
   "currency": "USD", "dataSource": "YAHOO", "date": "2023-02-01", "symbol": "SOL-USD"},
  {"accountId": "a1", "fee": 0, "quantity": 5, "type": "BUY", "unitPrice": 20, "isDraft": true,
   "currency": "USD", "dataSource": "YAHOO", "date": "2099-02-01", "symbol": "SOLUSD"}
 ]}
""",
    {"bitcoin": "0.3", "solana": "7"},
)
WEALTHFOLIO = Sample(
    "Wealthfolio",
    "id,accountId,symbol,activityType,activityDate,quantity,unitPrice,currency,fee,isDraft,"
    "comment,accountName,assetSymbol,status\n"
    '"1","u1","SEC:1","BUY","2024-01-01T00:00:00Z","0.3",40000,"USD",1,false,'
    '"my \\"first\\" coin","Cold","BTC-USD","POSTED"\n'
    '"2","u1","SEC:1","TRANSFER_OUT","2024-01-02T00:00:00Z","0.1",0,"USD",0,false,'
    'null,"Cold","BTC-USD","POSTED"\n'
    '"3","u1","SEC:2","ADD_HOLDING","2024-01-02T00:00:00Z","2",0,"USD",0,false,'
    'null,"Cold","ETH-USD","POSTED"\n'
    '"4","u1","SEC:2","BUY","2024-01-03T00:00:00Z","5",0,"USD",0,false,'
    'null,"Cold","ETH-USD","VOID"\n'
    '"5","u1","CASH:USD","DEPOSIT","2024-01-03T00:00:00Z","1",500,"USD",0,false,'
    'null,"Cold","$CASH-USD","POSTED"\n',
    {"bitcoin": "0.2", "ethereum": "2"},
)
PORTFOLIO_PERFORMANCE = Sample(
    "Portfolio Performance",
    "Datum;Typ;Wert;Buchungswährung;Bruttobetrag;Währung Bruttobetrag;Wechselkurs;Gebühren;"
    "Steuern;Stück;ISIN;WKN;Ticker-Symbol;Wertpapiername;Notiz\r\n"
    "2025-01-10T00:00;Kauf;1.234,50;EUR;;;;1,00;0,00;0,05;;;BTC;Bitcoin;\r\n"
    "2025-01-11T00:00;Einlieferung;2.000,00;EUR;;;;0,00;0,00;1.250,5;;;;Dogecoin;\r\n"
    "2025-01-12T00:00;Verkauf;-600,00;EUR;;;;1,00;0,00;0,02;;;BTC;Bitcoin;Rest bleibt\r\n"
    "2025-01-13T00:00;Kauf;100,00;EUR;;;;1,00;0,00;3;DE0007164600;716460;SAP;SAP SE;\r\n"
    "2025-01-14T00:00;Einlage;100,00;EUR;;;;;;;;;;;\r\n",
    {"bitcoin": "0.03", "dogecoin": "1250.5"},
)
PORTFOLIO_PERFORMANCE_ENGLISH = Sample(
    "Portfolio Performance",
    "Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,"
    "Taxes,Shares,ISIN,WKN,Ticker Symbol,Security Name,Note\r\n"
    '2025-01-10T00:00,Buy,"1,234.50",USD,,,,1.00,0.00,0.05,,,BTC,Bitcoin,\r\n'
    '2025-01-10T00:00,Buy,"1,234.50",USD,,,,1.00,0.00,"1,000",,,DOGE,Dogecoin,\r\n'
    "2025-01-12T00:00,Transfer (Outbound),-600.00,USD,,,,0,0,0.02,,,BTC,Bitcoin,\r\n"
    "2025-01-12T00:00,Transfer (Inbound),600.00,USD,,,,0,0,0.02,,,BTC,Bitcoin,\r\n",
    {"bitcoin": "0.05", "dogecoin": "1000"},
)
KRAKEN = Sample(
    "Kraken",
    '"txid","refid","time","type","subtype","aclass","subclass","asset","wallet","amount","fee",'
    '"balance"\n'
    '"","Q0","2024-11-19 09:00:00","deposit","","currency","","ZUSD","spot",5000.0,0,""\n'
    '"L1","Q0","2024-11-19 10:00:00","deposit","","currency","","ZUSD","spot",5000.0,0,5000\n'
    '"L2","T1","2024-11-20 10:00:01","trade","","currency","","ZUSD","spot / main",-1000.0000,'
    "2.6000,3997.4000\n"
    '"L3","T1","2024-11-20 10:00:01","trade","","currency","","ETH","spot / main",0.3200000000,0,'
    "0.32\n"
    '"L4","T2","2024-11-21 10:00:01","trade","","currency","","XXBT","spot / main",0.05,0.0001,'
    "0.0499\n"
    '"L5","S1","2024-11-22","transfer","spottostaking","currency","","ETH","spot",-0.32,0,0\n'
    '"L6","S1","2024-11-22","transfer","stakingfromspot","currency","","ETH2.S","earn",0.32,0,0.32\n'
    '"L7","S2","2024-11-23","staking","","currency","","ETH2.S","earn",0.0010,0,0.321\n'
    '"L8","E1","2024-11-24","earn","allocation","currency","","XXBT","spot",-0.01,0,0.0399\n'
    '"L9","E1","2024-11-24","earn","allocation","currency","","XBT.F","earn",0.01,0,0.01\n'
    '"L10","E2","2024-11-25","earn","reward","currency","","XBT.F","earn",0.0002,0.00005,0.01015\n'
    '"L11","D1","2024-11-26","spend","dustsweeping","currency","","XXDG","spot",-0.4,0,0\n'
    '"L12","D0","2024-11-25","deposit","","currency","","XXDG","spot",0.4,0,0.4\n'
    '"L13","D1","2024-11-26","receive","dustsweeping","currency","","ZUSD","spot",0.11,0.01,3997.5\n'
    '"L14","K1","2024-11-26","reward","","currency","","KFEE","spot",120,0,120\n',
    {"bitcoin": "0.05005", "ethereum": "0.321"},
    "3997.5000",
)
KRAKEN_OLD = Sample(
    "Kraken",
    "txid,refid,time,type,aclass,asset,amount,fee,balance\n"
    "L1,A,2017-01-01 00:00:00,deposit,currency,XXBT,1.0000000000,0.0000000000,1.0\n"
    "L2,B,2017-01-02 00:00:00,withdrawal,currency,XXBT,-0.4,0.0005,0.5995\n",
    {"bitcoin": "0.5995"},
)
KRAKEN_2026 = Sample(
    "Kraken",
    "txid,refid,time,type,subtype,aclass,subclass,asset,wallet,amount,fee,balance,amountusd,feeusd,"
    "balanceusd,feecurrency\n"
    "L1,A,2026-01-01 00:00:00,deposit,,currency,crypto,BTC,spot,1.5,0,1.5,1,0,1,\n"
    "L2,A,2026-01-02 00:00:00,withdrawal,,currency,crypto,BTC,spot,-0.5,0.0002,0.9998,1,0,1,BTC\n",
    {"bitcoin": "0.9998"},
)
COINBASE = Sample(
    "Coinbase",
    "\nTransactions\nUser,Ann Example,1b2c\n"
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,"
    "Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes,Sender Address,"
    "Recipient Address\n"
    "a0,2024-11-07 14:02:11 UTC,Deposit,USD,4000,USD,$1.00,$4000.00,$4000.00,$0.00,,,\n"
    "a1,2024-11-08 14:02:11 UTC,Buy,BTC,0.05000000,USD,$76450.10,$3822.51,$3850.00,$27.49,"
    "Bought 0.05 BTC for 3850 USD,,\n"
    "a2,2024-12-05 06:33:40 UTC,Convert,BTC,-0.01000000,USD,$99000.00,-$990.00,-$1000.00,,"
    "Converted 0.01 BTC to 430.5 XRP,,\n"
    'a3,2024-12-06 06:33:40 UTC,Receive,USDC,"2,000",USD,$1.00,"$2,000.00","$2,000.00",,,,\n'
    "a4,2024-12-07 06:33:40 UTC,Advanced Trade Buy,ETH,0.75,USD,$1662.68,$1254.51,$1254.51,,"
    '"Bought 0.75 ETH for 1,254.51 USDC on ETH-USDC at 1662.68 USDC/ETH",,\n'
    "a5,2025-01-07 19:26:56 UTC,Send,ETH,-0.50000000,USD,$3400.00,-$1700.00,-$1700.00,$0.00,"
    "Sent 0.5 ETH,,\n"
    "a6,2025-01-08 00:00:00 UTC,Retail Staking Transfer,ETH,-0.1,USD,$1,-$1,-$1,$0,,,\n"
    "a7,2025-01-08 00:00:00 UTC,Retail Staking Transfer,ETH2,0.1,USD,$1,$1,$1,$0,,,\n"
    "a8,2025-01-09 00:00:00 UTC,Staking Income,ETH2,0.0005,USD,$1,$1,$1,$0,,,\n"
    "a9,2025-01-10 00:00:00 UTC,Asset Migration,MATIC,-3,USD,$1,$1,$1,$0,,,\n"
    "b0,2025-01-10 00:00:00 UTC,Asset Migration,POL,3,USD,$1,$1,$1,$0,,,\n"
    "b1,2025-01-01 00:00:00 UTC,Receive,MATIC,3,USD,$1,$1,$1,$0,,,\n",
    {
        "bitcoin": "0.04000000",
        "ripple": "430.5",
        "usd-coin": "745.49",
        "ethereum": "0.25050000",
        "polygon-ecosystem-token": "3",
    },
)
_OLD_ROWS = (
    "2021-02-01T10:00:00Z,Buy,BTC,0.1,{spot}30000,3000,3010,10,Bought 0.1 BTC for $3010 USD\n"
    "2021-02-02T10:00:00Z,Send,BTC,0.04,{spot}30000,,,,Sent 0.04 BTC to bc1\n"
    "2021-02-03T10:00:00Z,Rewards Income,ALGOX,0,{spot}1,,,,\n"
    "2021-02-04T10:00:00Z,Coinbase Earn,GRT,1.5,{spot}1,,,,Received 1.5 GRT\n"
)
_OLD_HELD = {"bitcoin": "0.06", "the-graph": "1.5"}
COINBASE_WITHOUT_ID = Sample(
    "Coinbase",
    "Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,"
    "Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
    + _OLD_ROWS.format(spot="USD,"),
    _OLD_HELD,
)
COINBASE_SPOT = Sample(
    "Coinbase",
    '"You can use this transaction report to inform your likely tax obligations, for example."\n'
    "\n\nTransactions\nUser,ann@example.org,5f1\n\n"
    "Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,"
    "Spot Price at Transaction,Subtotal,Total (inclusive of fees),Fees,Notes\n"
    + _OLD_ROWS.format(spot="USD,"),
    _OLD_HELD,
)
COINBASE_CURRENCY_IN_HEADER = Sample(
    "Coinbase",
    "Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,"
    "USD Subtotal,USD Total (inclusive of fees),USD Fees,Notes\n" + _OLD_ROWS.format(spot=""),
    _OLD_HELD,
)
COINBASE_PRO = Sample(
    "Coinbase Pro",
    "portfolio,type,time,amount,balance,amount/balance unit,transfer id,trade id,order id\n"
    "default,deposit,2021-01-01T00:00:00.000Z,1000.00,1000.00,USD,x1,,\n"
    "default,match,2021-01-02T00:00:00.000Z,-500.00,500.00,USD,,7,o1\n"
    "default,match,2021-01-02T00:00:00.000Z,0.02,0.02,BTC,,7,o1\n"
    "default,fee,2021-01-02T00:00:00.000Z,-2.50,497.50,USD,,7,o1\n"
    "default,rebate,2021-01-03T00:00:00.000Z,0.25,497.75,USD,,7,o1\n",
    {"bitcoin": "0.02"},
    "497.75",
)
BINANCE = Sample(
    "Binance",
    '\ufeff"User_ID","UTC_Time","Account","Operation","Coin","Change","Remark"\n'
    '1001,2024-11-10 11:00:00,Spot,Deposit,USDT,1000.00000000,""\n'
    "1001,2024-11-10 11:02:03,Spot,Transaction Buy,SOL,2.50000000,\n"
    "1001,2024-11-10 11:02:03,Spot,Transaction Spend,USDT,-512.50000000,\n"
    "1001,2024-11-10 11:02:03,Spot,Transaction Buy,SOL,2.50000000,\n"
    "1001,2024-11-10 11:02:03,Spot,Transaction Fee,SOL,-1E-8,\n"
    "1001,2024-11-11 11:02:03,Spot,Simple Earn Flexible Subscription,SOL,-1.00000000,\n"
    "1001,2024-11-11 11:02:03,Earn,Simple Earn Flexible Subscription,LDSOL,1.00000000,\n"
    "1001,2024-11-12 11:02:03,Earn,Simple Earn Flexible Interest,SOL,0.00100000,\n"
    "1001,2024-11-12 12:00:00,Spot,Transfer Between Spot and UM Futures,USDT,-100,\n"
    "1001,2024-11-12 12:00:00,Spot,Transfer Between Main and Funding Wallet,USDT,-50,\n"
    "1001,2024-11-12 12:30:00,USD-MFutures,Realized Profit and Loss,USDT,-7.5,\n"
    "1001,2024-11-13 12:00:00,Spot,Launchpool Subscription/Redemption,BNB,-0.5,\n"
    "1001,2024-11-13 12:30:00,Spot,HODLer Airdrops Distribution,BNB,0.25,\n"
    "1001,2024-11-13 12:31:00,Spot,Small Assets Exchange BNB,BNB,0.01,\n"
    "1001,2024-11-14 12:31:00,Spot,Withdraw,SOL,-0.49,Withdraw fee is included\n",
    {"solana": "4.51099999", "tether": "480.00000000", "binancecoin": "0.26"},
)
BINANCE_NOW = Sample(
    "Binance",
    "\ufeffUser ID,Time,Account,Operation,Coin,Change,Remark\n"
    "1001,24-11-10 11:00:00,Spot,Deposit,BTC,0.5,\n"
    "1001,24-11-10 11:01:00,Spot,Binance Convert,BTC,-0.1,\n"
    "1001,24-11-10 11:01:00,Spot,Binance Convert,ETH,2.5,\n",
    {"bitcoin": "0.4", "ethereum": "2.5"},
)
BINANCE_TRADES = Sample(
    "Binance",
    "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
    '2024-11-10 11:02:03,BTCUSDT,BUY,76450,0.0500000000BTC,"3,822.5USDT",0.00005BTC\n'
    '2024-11-11 11:02:03,BTCUSDT,SELL,80000,0.0400000000BTC,"3,200.0USDT",3.2USDT\n'
    '2024-11-11 11:02:03,SOLUSDT,SELL,200,0SOL,"1,000USDT",0.001BNB\n'
    "2024-11-09 11:02:03,BNBUSDT,BUY,600,1BNB,0USDT,0.0BNB\n",
    {"bitcoin": "0.00995", "tether": "374.3", "binancecoin": "0.999"},
)
BINANCE_TRADES_OLD = Sample(
    "Binance",
    "Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin\n"
    "2018-01-01 00:00:00,ETHBTC,BUY,0.05,2,0.1,0.002,ETH\n"
    "2018-01-02 00:00:00,ETHBTC,SELL,0.06,1,0.2,0.0002,BTC\n",
    {"ethereum": "0.998", "bitcoin": "0.0998"},
)
BITPANDA = Sample(
    "Bitpanda",
    '"Disclaimer: All data is without guarantee"\nBitpanda GmbH\n"Ann Example"\nann@example.org\n'
    '"Account opened at: 1/1/20"\n"Venue: Bitpanda"\n\n'
    '"Transaction ID",Timestamp,"Transaction Type",In/Out,"Amount Fiat",Fiat,"Amount Asset",Asset,'
    '"Asset market price","Asset market price currency","Asset class","Product ID",Fee,"Fee asset",'
    "Spread,Spread Currency\n"
    "C1,2021-01-01T00:00:00+01:00,deposit,incoming,500.00,USD,-,USD,-,-,Fiat,-,1.50,USD,-,-\n"
    "T1,2021-01-02T00:00:00+01:00,buy,outgoing,400.00,USD,0.0100000000,BTC,40000,USD,"
    "Cryptocurrency,1,-,-,-,-\n"
    "T2,2021-01-03T00:00:00+01:00,withdrawal,outgoing,120,USD,0.003,BTC,40000,USD,"
    "Cryptocurrency,1,0.00006,BTC,-,-\n"
    "T3,2021-01-04T00:00:00+01:00,transfer(stake),outgoing,120,USD,0.002,BTC,40000,USD,"
    "Cryptocurrency,1,-,-,-,-\n"
    "T4,2021-01-05T00:00:00+01:00,transfer,incoming,4,USD,0.001,BTC,40000,USD,"
    "Cryptocurrency,1,-,-,-,-\n"
    "T5,2021-01-06T00:00:00+01:00,buy,outgoing,10,USD,0.1,XAU,1,USD,Metal,1,-,-,-,-\n",
    {"bitcoin": "0.00794"},
    "98.50",
)
BITSTAMP = Sample(
    "Bitstamp",
    "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type\n"
    'Deposit,"Jan. 27, 2022, 12:13 AM",Main Account,1000.00 USD,,,,\n'
    'Market,"Jan. 28, 2022, 12:13 AM",Main Account,0.30000000 ETH,720.00 USD,2400.00 USD,'
    "3.60 USD,Buy\n"
    'Withdrawal,"Jan. 29, 2022, 12:13 AM",Main Account,0.10000000 ETH,,,0.002 ETH,\n',
    {"ethereum": "0.198"},
    "276.40",
)
BITSTAMP_2025 = Sample(
    "Bitstamp",
    "ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,"
    "Rate currency,Fee,Fee currency,Order ID\n"
    "1,Main Account,Deposit,,2025-01-01T00:00:00Z,2,ETH,,,,,,,\n"
    "2,Main Account,Market,Sell,2025-01-02T00:00:00Z,0.5,ETH,1500,USD,3000,USD,6,USD,9\n"
    "3,Main Account,Staking reward,,2025-01-03T00:00:00Z,0.001,ETH2R,,,,,,,\n",
    {"ethereum": "1.501"},
    "1494",
)
LEDGER_LIVE = Sample(
    "Ledger Live",
    "Operation Date,Status,Currency Ticker,Operation Type,Operation Amount,Operation Fees,"
    "Operation Hash,Account Name,Account xpub,Countervalue Ticker,Countervalue at Operation Date,"
    "Countervalue at CSV Export\n"
    "2024-01-01T00:00:00.000Z,Confirmed,BTC,IN,0.5,0.0001,h1,Bitcoin 1,xpub1,USD,1,2\n"
    "2024-01-02T00:00:00.000Z,Confirmed,BTC,OUT,0.2003,0.0003,h2,Bitcoin 1,xpub1,USD,1,2\n"
    "2024-01-03T00:00:00.000Z,Failed,BTC,OUT,0.2,0.0003,h3,Bitcoin 1,xpub1,USD,1,2\n"
    "2024-01-04T00:00:00.000Z,Confirmed,ETH,IN,1,0.002,h4,Ethereum 1,0x1,USD,1,2\n"
    "2024-01-04T00:00:00.000Z,Confirmed,ETH,FEES,0.001,0.001,h5,Ethereum 1,0x1,USD,1,2\n"
    "2024-01-05T00:00:00.000Z,Confirmed,APES,NFT_IN,1,0.001,h6,Ethereum 1,0x1,USD,1,2\n",
    {"bitcoin": "0.2997", "ethereum": "0.999"},
)
KUCOIN = Sample(
    "KuCoin",
    "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+08:00),Remark,Type\n"
    "9,Main Account,USDT,Deposit,1000,0,2024-01-01 00:00:00,Deposit,\n"
    "9,Main Account,USDT,Withdrawal,500,0,2024-01-02 00:00:00,Transfer,\n"
    "9,Trading Account,USDT,Deposit,500,0,2024-01-02 00:00:00,Transfer,\n"
    "9,Trading Account,USDT,Withdrawal,100.1,0.1,2024-01-03 00:00:00,Spot,\n"
    "9,Trading Account,ETH,Deposit,0.04,0,2024-01-03 00:00:00,Spot,\n"
    "9,Main Account,USDT,Withdrawal,201,1,2024-01-04 00:00:00,Withdrawal,\n",
    {"tether": "698.9", "ethereum": "0.04"},
)
OKX = Sample(
    "OKX",
    "UID:123,Account Type:Trading,Time Zone:UTC+8\n"
    "id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,Fee Unit,"
    "Position Change,Position Balance,Balance Change,Balance,Balance Unit\n"
    "1,,2024-01-01 00:00:00,Transfer,,Transfer in,100,USDT,,0E-18,0,USDT,0,0,100,100,USDT\n"
    "2,7,2024-01-02 00:00:00,Spot,BTC-USDT,Buy,0.001,BTC,60000,0,-0.000001,BTC,0,0,0.000999,"
    "0.000999,BTC\n"
    "3,7,2024-01-02 00:00:00,Spot,BTC-USDT,Buy,60,USDT,60000,0,0,USDT,0,0,-60,40,USDT\n"
    "4,,2024-01-03 00:00:00,Spot,,Rebate,0,USDT,,0,0,USDT,0,0,0E-18,40,USDT\n",
    {"tether": "40", "bitcoin": "0.000999"},
)
CRYPTO_COM = Sample(
    "Crypto.com",
    "\ufeffTimestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,"
    "Native Currency,Native Amount,Native Amount (in USD),Transaction Kind,Transaction Hash\n"
    "2021-05-01 00:00:00,Buy BTC,USD,-100,BTC,0.002,USD,100,100,viban_purchase,\n"
    "2021-05-02 00:00:00,BTC -> ETH,BTC,-0.001,ETH,0.02,USD,50,50,crypto_exchange,\n"
    "2021-05-03 00:00:00,Earn,ETH,0.0001,,,USD,1,1,crypto_earn_interest_paid,\n"
    "2021-05-03 00:00:00,Earn,ETH,-0.01,,,USD,1,1,crypto_earn_program_created,\n"
    "2021-05-04 00:00:00,Stake,ETH,-0.01,,,USD,1,1,lockup_lock,\n"
    "2021-05-05 00:00:00,Dust,ETH,-0.0001,,,USD,1,1,dust_conversion_debited,\n"
    "2021-05-05 00:00:00,Dust,BTC,0.00001,,,USD,1,1,dust_conversion_credited,\n"
    "2021-05-06 00:00:00,Cashback,BTC,0.00002,,,USD,1,1,referral_card_cashback,\n",
    {"bitcoin": "0.00103", "ethereum": "0.0200"},
)
NEXO = Sample(
    "Nexo",
    "Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Fee,"
    "Fee Currency,Details,Date / Time (UTC)\n"
    "NX1,Top up Crypto,BTC,0.1,BTC,0.1,$4000,-,-,approved / bc1,2021-01-01 00:00:00\n"
    "NX2,Exchange,BTC,-0.05,ETH,1.2,$2000,-,-,approved / Exchange,2021-01-02 00:00:00\n"
    "NX3,Interest,ETH,0.001,ETH,0.001,$2,-,-,approved / ETH Interest Earned,2021-01-03 00:00:00\n"
    "NX4,Withdrawal,BTC,-0.02,BTC,0.02,$2,-,-,rejected / bc1,2021-01-04 00:00:00\n"
    "NX5,Locking Term Deposit,ETH,-1,ETH,1,$2,-,-,approved / Transfer,2021-01-05 00:00:00\n",
    {"bitcoin": "0.05", "ethereum": "1.201"},
)
BITVAVO = Sample(
    "Bitvavo",
    "Timezone,Date,Time,Type,Currency,Amount,Quote Currency,Quote Price,Received / Paid Currency,"
    "Received / Paid Amount,Fee currency,Fee amount,Status,Transaction ID,Address\n"
    "Europe/Amsterdam,2024-08-01,10:00:00,deposit,EUR,500,,,,,,,Completed,t1,\n"
    "Europe/Amsterdam,2024-08-02,10:00:00,buy,BTC,0.01,EUR,50000,EUR,-500,EUR,1.25,Completed,t2,\n"
    "Europe/Amsterdam,2024-08-03,10:00:00,staking,ETH,0.0003,,,EUR,0.7,,,Distributed,t3,\n"
    "Europe/Amsterdam,2024-08-04,10:00:00,withdrawal,BTC,-0.004,,,,,BTC,0.00003,Completed,t4,b\n"
    "Europe/Amsterdam,2024-08-05,10:00:00,withdrawal,BTC,-0.004,,,,,BTC,0.00003,Canceled,t5,b\n",
    {"bitcoin": "0.006", "ethereum": "0.0003"},
)
BITVAVO_OLD = Sample(
    "Bitvavo",
    "Timezone,Date,Time,Type,Currency,Amount,Price (EUR),EUR received / paid,Fee currency,"
    "Fee amount,Status,Transaction ID,Address\n"
    "Europe/Amsterdam,2023-08-01,10:00:00,deposit,EUR,500,,,,,Completed,t1,\n"
    "Europe/Amsterdam,2023-08-02,10:00:00,buy,BTC,0.02,25000,-500,EUR,1.25,Completed,t2,\n",
    {"bitcoin": "0.02"},
)
REVOLUT = Sample(
    "Revolut",
    "Symbol,Type,Quantity,Price,Value,Fees,Date\n"
    'BTC,Buy,0.0112,"89,162.28 SEK","1,000.00 SEK",15.00 SEK,"May 5, 2020, 10:10:57 PM"\n'
    'BTC,Send,0.0012,"89,162.28 SEK",107.00 SEK,0.00 SEK,"May 6, 2020, 10:10:57 PM"\n'
    'BTC,Stake,0.01,"89,162.28 SEK",107.00 SEK,0.00 SEK,"May 7, 2020, 10:10:57 PM"\n'
    'DOT,Staking reward,0.5,,,,"May 8, 2020, 10:10:57 PM"\n',
    {"bitcoin": "0.0100", "polkadot": "0.5"},
)
REVOLUT_OLD = Sample(
    "Revolut",
    "Type,Product,Started Date,Completed Date,Description,Amount,Currency,Fiat amount,"
    "Fiat amount (inc. fees),Fee,Base currency,State,Balance\n"
    "EXCHANGE,Current,2021-01-01 10:00:00,2021-01-01 10:00:01,Exchanged to BTC,0.01,BTC,300,304,4,"
    "EUR,COMPLETED,0.01\n"
    "EXCHANGE,Current,2021-01-02 10:00:00,,Exchanged to EUR,-0.004,BTC,-100,-99,1,EUR,COMPLETED,"
    "0.006\n"
    "TRANSFER,Current,2021-01-03 10:00:00,,To vault,-0.001,BTC,-1,-1,0,EUR,COMPLETED,0.005\n"
    "EXCHANGE,Current,2021-01-04 10:00:00,,Exchanged,-0.004,BTC,-1,-1,0,EUR,DECLINED,0.005\n",
    {"bitcoin": "0.006"},
)
UPHOLD = Sample(
    "Uphold",
    "\ufeffDate,Destination,Destination Amount,Destination Currency,Fee Amount,Fee Currency,Id,"
    "Origin,Origin Amount,Origin Currency,Status,Type\n"
    "Tue Nov 26 2024 18:06:28 GMT+0000,uphold,500,USD,,,i1,bank,500,USD,completed,in\n"
    "Tue Nov 26 2024 18:07:28 GMT+0000,uphold,0.004,BTC,,,i2,uphold,400,USD,completed,transfer\n"
    "Tue Nov 26 2024 18:08:28 GMT+0000,bitcoin,0.001,BTC,0.0002,BTC,i3,uphold,0.0012,BTC,"
    "completed,out\n"
    "Tue Nov 26 2024 18:09:28 GMT+0000,bitcoin,0.001,BTC,,,i4,uphold,0.001,BTC,failed,out\n",
    {"bitcoin": "0.0028"},
    "100",
)
DELTA = Sample(
    "Delta",
    "Date,Way,Base amount,Base currency (name),Base type,Quote amount,Quote currency,Exchange,"
    "Sent/Received from,Sent to,Fee amount,Fee currency (name),Broker,Notes\n"
    "2024-11-02 16:06:47-04:00,BUY,10,SOL (Solana),CRYPTO,1650,USD,Binance,,,1.65,USD,,dca\n"
    "2024-11-03 00:00:00Z,SELL,2,SOL (Solana),CRYPTO,340,USDC (USD Coin),Binance,,,0.34,"
    "USDC (USD Coin),,\n"
    "2024-11-05 00:00:00Z,DEPOSIT,0.2,ETH,CRYPTO,,,,AIRDROP,MY_WALLET,,,,\n"
    "2024-11-05 00:00:00Z,TRANSFER,1,SOL (Solana),CRYPTO,,,,Binance,MY_WALLET,0.01,"
    "SOL (Solana),,\n"
    "2024-11-06 00:00:00Z,BUY,3,AAPL (Apple Inc),STOCK,600,USD,Nasdaq,,,,,,\n",
    {"solana": "7.99", "usd-coin": "339.66", "ethereum": "0.2"},
)
COINTRACKING = Sample(
    "CoinTracking",
    '\ufeff"Type","Buy","Cur.","Sell","Cur.","Fee","Cur.","Exchange","Group","Comment","Date",'
    '"Tx-ID"\n'
    '"Deposit","5000.00","USD","-","","-","","Kraken","","","17.11.2024 15:18:55",""\n'
    '"Trade","0.05000000","BTC","3850.00","USD","5.00","USD","Kraken","","",'
    '"18.11.2024 15:18:55",""\n'
    '"Withdrawal","","","0.01","BTC","0.0001","BTC","Kraken","","","19.11.2024 15:18:55",""\n'
    '"Other Fee","","","0.001","BTC","","","Kraken","","","20.11.2024 15:18:55",""\n'
    '"Staking","0.5","ETH","","","","","Kraken","","","21.11.2024 15:18:55",""\n',
    {"bitcoin": "0.03900000", "ethereum": "0.5"},
    "1150.00",
)
COINTRACKING_GERMAN = Sample(
    "CoinTracking",
    '"Typ";"Kauf";"Cur.";"Verkauf";"Cur.";"Gebühr";"Cur.";"Börse";"Gruppe";"Kommentar";"Datum"\n'
    '"Trade";"1.234,5";"DOGE";"0,01";"BTC";"";"";"Kraken";"";"";"18.11.2024 15:18"\n'
    '"Einzahlung";"0,5";"BTC";"";"";"";"";"Kraken";"";"";"17.11.2024 15:18"\n',
    {"bitcoin": "0.49", "dogecoin": "1234.5"},
)
KOINLY = Sample(
    "Koinly",
    "Transaction report 2025\n\n"
    "Date,Type,Label,Sending Wallet,Sent Amount,Sent Currency,Sent Cost Basis,Receiving Wallet,"
    "Received Amount,Received Currency,Received Cost Basis,Fee Amount,Fee Currency,Gain (USD),"
    "Net Value (USD),Fee Value (USD),TxSrc,TxDest,TxHash,Description\n"
    "2025-01-10 09:00:00 UTC,fiat_deposit,,,,,,Kraken,1000,USD,,,,,,,,,,\n"
    "2025-01-11 09:00:00 UTC,buy,,Kraken,500,USD,,Kraken,0.01,BTC,,1,USD,,,,,,,\n"
    "2025-01-12 09:00:00 UTC,transfer,,Kraken,0.005,BTC,,Ledger,0.005,BTC,,0.0001,BTC,,,,,,h,\n"
    "2025-01-13 09:00:00 UTC,crypto_deposit,Reward,,,,,Ledger,0.25,ETH,,,,,,,,,,\n",
    {"bitcoin": "0.0099", "ethereum": "0.25"},
    "499",
)
KOINLY_BULK = Sample(
    "Koinly",
    "ID (read-only),Parent ID (read-only),Date (UTC),Type,Tag,From Wallet (read-only),"
    "From Wallet ID,From Amount,From Currency,To Wallet (read-only),To Wallet ID,To Amount,"
    "To Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Fee Worth Amount,"
    "Fee Worth Currency,Net Value (read-only),Fee Value (read-only),Value Currency (read-only),"
    "Deleted,TxSrc,TxDest,TxHash,Description\n"
    "A1,,2025-01-01 00:00:00,deposit,,,,,,Kraken,W1,1.5,ETH;1234,,,,,,,,,,false,,,,\n"
    "A2,,2025-01-02 00:00:00,withdrawal,,Kraken,W1,0.5,ETH;1234,,,,,0.01,ETH;1234,,,,,,,,,,,,\n"
    "A3,,2025-01-03 00:00:00,deposit,,,,,,Kraken,W1,9,ETH;1234,,,,,,,,,,true,,,,\n",
    {"ethereum": "0.99"},
)
COINTRACKER = Sample(
    "CoinTracker",
    "Date,Type,Transaction ID,Received Quantity,Received Currency,Received Cost Basis (USD),"
    "Received Wallet,Received Address,Received Comment,Sent Quantity,Sent Currency,"
    "Sent Cost Basis (USD),Sent Wallet,Sent Address,Sent Comment,Fee Amount,Fee Currency,"
    "Fee Cost Basis (USD),Realized Return (USD),Fee Realized Return (USD),Transaction Hash\n"
    "01/02/2024 10:00:00,RECEIVE,1,2,ETH,,Ledger - ETH,,,,,,,,,,,,,,h1\n"
    "01/03/2024 10:00:00,TRADE,2,100,USDC,,Ledger - X,,,0.03,ETH,,Ledger - ETH,,,0.001,ETH,,,,h2\n"
    "01/04/2024 10:00:00,SPAM,3,9000,PEPE,,Ledger - ETH,,,,,,,,,,,,,,h3\n"
    "...\n",
    {"ethereum": "1.969", "usd-coin": "100"},
)
COINLEDGER = Sample(
    "CoinLedger",
    "Timestamp (UTC),Type,Internal Id,Platform,Account Name,Platform Id,Blockchain Id,Record Type,"
    "Asset,Amount,Description\n"
    "2024-01-01 00:00:00,Deposit,i1,Kraken,Main,,,Credit,USDC,500,\n"
    "2024-01-02 00:00:00,Trade,i2,Kraken,Main,,,Debit,USDC,400,\n"
    "2024-01-02 00:00:00,Trade,i2,Kraken,Main,,,Credit,BTC,0.01,\n"
    "2024-01-02 00:00:00,Trade,i2,Kraken,Main,,,Fee,USDC,1.5,\n",
    {"usd-coin": "98.5", "bitcoin": "0.01"},
)
BLOCKPIT = Sample(
    "Blockpit",
    "Blockpit ID;Timestamp;Source Type;Source Name;Integration;Transaction Type;Outgoing Asset;"
    "Outgoing Amount;Incoming Asset;Incoming Amount;Fee Asset;Fee Amount;Transaction ID;Note;"
    "Merge ID\n"
    "1,55444E+13;01.01.2024 10:00;API;Kraken;Kraken;Deposit;;;BTC;0,5;;;t1;;\n"
    "1,55444E+13;02.01.2024 10:00;API;Kraken;Kraken;Trade;BTC;0,1;ETH;2,25;BTC;0,001;t2;;\n",
    {"bitcoin": "0.399", "ethereum": "2.25"},
)

SAMPLES = [value for value in list(globals().values()) if isinstance(value, Sample)]
